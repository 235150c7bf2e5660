"""Talk to any endpoint with OpenAI's chat completions interface: vLLM's server or a hosted model.

What may pass (429, 5xx, timeouts, broken connections, torn or malformed bodies) is sent again, to the next
address where there are several; what will not pass is an error at once. The key, if the endpoint wants one,
is in the environment variable OPENAI_API_KEY.
"""

import json
import os
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from repodojo.errors import ContextLengthError, PolicyError
from repodojo.policies.openai_replies import NO_REPLY, read_completion, read_last, read_likeliest
from repodojo.policies.policy import Completion, SamplingParameters
from repodojo.policies.retry_after import TransientError, read_retry_after, wait_as_asked
from repodojo.types import Message

if TYPE_CHECKING:
    import openai

Value = TypeVar("Value")
_LIKELIEST = 20
_CONCURRENCY = 16
_LONGEST_WAIT_S = 30.0
_TRANSIENT_STATUS = frozenset({408, 409, 425, 429})
_SHOWN = 300
_OVERFLOW = re.compile(r"context[ _]length|maximum model length|context window|prompt is too long", re.I)
_LIMIT = re.compile(r"maximum context length (?:is |\()(\d+)", re.I)


class OpenAIPolicy:
    """A `Policy` and a `Scorer` over one model behind one or several addresses, for many threads at once."""

    def __init__(  # noqa: PLR0913 - the keys of a catalog entry
        self,
        model: str,
        base_urls: Sequence[str],
        *,
        name: str = "",
        fingerprint: str = "",
        timeout_s: float = 300.0,
        attempts: int = 6,
        token_ids: bool = False,
    ) -> None:
        """Describe the endpoint; nothing is sent.

        Args:
            model: the model's name there.
            base_urls: addresses of the same model, each ending in ``/v1``; a conversation stays with one.
            name: what to call the policy; the model's name unless given.
            fingerprint: what the model is known by (a served checkpoint's digest); its name unless given.
            timeout_s: the longest silence of the endpoint.
            attempts: how often to send one request, with a pause of at most 30 s between two.
            token_ids: ask for the ids of prompt and answer, as vLLM's server can be; others may refuse.

        Raises:
            PolicyError: there is no address.
        """
        if not base_urls:
            raise PolicyError(f"{model}: base_urls is empty; give an address such as http://HOST:8000/v1")
        self.model = model
        self.base_urls = tuple(base_urls)
        self.name = name or model
        self.fingerprint = (fingerprint or model) + (" with token ids" if token_ids else "")
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._asks_token_ids = token_ids

    def complete(self, messages: Sequence[Message], parameters: SamplingParameters) -> Completion:
        """Answer the conversation.

        Raises:
            ContextLengthError: the conversation leaves no room for an answer.
            PolicyError: the endpoint refused, or failed at every attempt.
        """
        body: dict[str, Any] = {
            "messages": _as_json(messages),
            "temperature": parameters.temperature,
            "max_tokens": parameters.max_tokens,
            "seed": parameters.seed,
        }
        if self._asks_token_ids:
            body["return_token_ids"] = True
        if parameters.stop:
            body["stop"] = list(parameters.stop)
        if parameters.tools:
            body["tools"] = [{"type": "function", "function": dict(tool)} for tool in parameters.tools]
        try:
            return self._send(body, read_completion)
        except ContextLengthError as error:
            return self._complete_in_room(body, error)

    def _complete_in_room(self, body: dict[str, Any], overflow: ContextLengthError) -> Completion:
        """Ask for fewer tokens where the conversation fits, but not with as long an answer."""
        limit = _LIMIT.search(str(overflow))
        if limit is None or body["max_tokens"] <= 1:
            raise overflow
        shortest = self._send({**body, "max_tokens": 1}, read_completion)
        room = int(limit.group(1)) - shortest.prompt_tokens
        return self._send({**body, "max_tokens": room}, read_completion) if room > 1 else shortest

    def next_token_log_probabilities(
        self, conversations: Sequence[Sequence[Message]], answer_prefix: str, choices: Sequence[str]
    ) -> list[dict[str, float] | None]:
        """For each conversation, score each choice as the token after ``answer_prefix``; None if too long.

        A choice that is not among the likeliest tokens is scored as the prompt's end, as vLLM can.

        Raises:
            PolicyError: the endpoint failed or gives no log-probabilities, or a choice is no single token.
        """
        with ThreadPoolExecutor(_CONCURRENCY) as executor:
            return list(executor.map(lambda c: self._score(c, answer_prefix, choices), conversations))

    def _score(
        self, conversation: Sequence[Message], answer_prefix: str, choices: Sequence[str]
    ) -> dict[str, float] | None:
        ask = {"temperature": 0.0, "max_tokens": 1}
        try:
            opened = ask | _opened(conversation, answer_prefix)
            scores = self._send({**opened, "logprobs": True, "top_logprobs": _LIKELIEST}, read_likeliest)
            for choice in choices:
                if choice not in scores:
                    closed = ask | _opened(conversation, answer_prefix + choice)
                    scores |= self._send({**closed, "prompt_logprobs": 0}, read_last)
        except ContextLengthError:
            return None
        if missing := set(choices) - set(scores):
            raise PolicyError(f"{self.name}: {sorted(missing)} are not single tokens after {answer_prefix!r}")
        return {choice: scores[choice] for choice in choices}

    def _send(self, body: Mapping[str, Any], read: Callable[[Any], Value]) -> Value:
        """Send a request, again where that may help, and read the reply."""
        first = zlib.crc32(json.dumps(body["messages"][:2]).encode())
        retrying = Retrying(
            retry=retry_if_exception_type(TransientError),
            stop=stop_after_attempt(self._attempts),
            wait=wait_as_asked(_LONGEST_WAIT_S),
            reraise=True,
        )
        for attempt in retrying:
            with attempt:
                at = (first + attempt.retry_state.attempt_number) % len(self.base_urls)
                return self._send_once(at, body, read)
        raise AssertionError("the last attempt returns or raises")

    def _send_once(self, at: int, body: Mapping[str, Any], read: Callable[[Any], Value]) -> Value:
        import httpx  # noqa: PLC0415 - loading both takes a second that nothing else needs to pay
        import openai  # noqa: PLC0415

        where = f"{self.name}: {self.base_urls[at]}"
        sent = {"model": self.model, **body}
        try:
            reply = self._clients[at].post("/chat/completions", cast_to=httpx.Response, body=sent)
        except openai.APIStatusError as error:
            raise _status_error(error, where) from error
        except openai.APIConnectionError as error:
            told = f"{type(error).__name__}: {error.__cause__ or error}"
            raise TransientError(f"{where}: {told[:500]}") from error
        try:
            return read(reply.json())
        except NO_REPLY as error:
            shown = reply.content[:_SHOWN].decode(errors="replace")
            told = f"not the reply asked for ({type(error).__name__}: {str(error)[:_SHOWN]}): {shown}"
            raise TransientError(f"{where}: {told}") from error

    @cached_property
    def _clients(self) -> "tuple[openai.OpenAI, ...]":
        import openai  # noqa: PLC0415 - as above

        from repodojo.policies.bounded_replies import bound_replies  # noqa: PLC0415 - as above

        client = openai.OpenAI(
            base_url=self.base_urls[0],
            api_key=os.environ.get("OPENAI_API_KEY") or "none",
            timeout=self._timeout_s,
            max_retries=0,
            http_client=openai.DefaultHttpxClient(event_hooks={"response": [bound_replies(self._timeout_s)]}),
        )
        return tuple(client.with_options(base_url=url) for url in self.base_urls)


def _status_error(error: "openai.APIStatusError", where: str) -> PolicyError:
    told = f"{where}: HTTP {error.status_code}: {error.message[:500]}"
    overflow = error.code == "context_length_exceeded" or _OVERFLOW.search(error.message)
    if error.status_code in (400, 413) and overflow:
        return ContextLengthError(told)
    is_transient = error.status_code >= 500 or error.status_code in _TRANSIENT_STATUS
    if is_transient and error.code != "insufficient_quota":
        return TransientError(told, read_retry_after(error.response.headers))
    return PolicyError(told)


def _as_json(messages: Sequence[Message]) -> list[dict[str, Any]]:
    return [_message_as_json(message) for message in messages]


def _message_as_json(message: Message) -> dict[str, Any]:
    row: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        row["tool_calls"] = [
            {
                "id": call.call_id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id:
        row["tool_call_id"] = message.tool_call_id
    return row


def _opened(conversation: Sequence[Message], answer: str) -> dict[str, Any]:
    """Return the fields of a request that lets the assistant go on after ``answer``."""
    if not answer:
        return {"messages": _as_json(conversation)}
    begun = [*_as_json(conversation), {"role": "assistant", "content": answer}]
    return {"messages": begun, "continue_final_message": True, "add_generation_prompt": False}
