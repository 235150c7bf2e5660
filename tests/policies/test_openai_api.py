import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from repodojo.errors import ContextLengthError, PolicyError
from repodojo.policies.openai_api import OpenAIPolicy
from repodojo.policies.policy import Completion, SamplingParameters
from repodojo.types import Message, ToolCall

ASKED = [Message("system", "You repair code."), Message("user", "repair it")]
GREEDY = SamplingParameters(0.0, max_tokens=50)
VLLM_OVERFLOW = (
    "This model's maximum context length is 100 tokens. However, your prompt contains at least 51 input "
    "tokens, which exceeds this limit even without any output tokens. Please reduce the length."
)


def completion(
    text: str | None = "fine", *, prompt: int = 7, tokens: int = 2, reason: str = "stop"
) -> dict[str, Any]:
    return {
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": reason}],
        "usage": {"prompt_tokens": prompt, "completion_tokens": tokens},
    }


class Server(ThreadingHTTPServer):
    """An endpoint on loopback that does what each request's turn in ``replies`` says, the last for ever."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.daemon_threads = True
        self.received: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.replies: list[Callable[[Handler], None]] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet when a client hangs up, which is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.server.lock:
            turn = len(self.server.received)
            self.server.received.append(body)
            self.server.times.append(time.monotonic())
        self.server.replies[min(turn, len(self.server.replies) - 1)](self)

    def send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in {"content-type": "application/json", **(headers or {})}.items():
            self.send_header(key, value)
        if "content-length" not in (headers or {}):
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def reply(status: int, body: Any, **headers: str) -> Callable[[Handler], None]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda handler: handler.send(status, raw, {k.replace("_", "-"): v for k, v in headers.items()})


def failure(
    status: int, message: str = "no", code: str | None = None, **headers: str
) -> Callable[[Handler], None]:
    return reply(status, {"error": {"message": message, "type": "x", "code": code}}, **headers)


def torn(handler: Handler) -> None:
    handler.send(200, json.dumps(completion()).encode()[:20], {"content-length": "500"})
    handler.close_connection = True


def hang(handler: Handler) -> None:
    time.sleep(1.5)
    handler.close_connection = True


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()


def policy(*servers: Server, attempts: int = 3, timeout_s: float = 10.0) -> OpenAIPolicy:
    return OpenAIPolicy("tiny", [server.url for server in servers], attempts=attempts, timeout_s=timeout_s)


def test_a_conversation_is_sent_and_its_answer_read(server: Server):
    server.replies = [reply(200, completion("```bash\nls\n```", prompt=31, tokens=9, reason="length"))]
    answer = policy(server).complete(ASKED, SamplingParameters(0.7, max_tokens=9, seed=4, stop=("```\n",)))
    assert answer == Completion("```bash\nls\n```", "length", 31, 9)
    assert server.received == [
        {
            "model": "tiny",
            "messages": [{"role": m.role, "content": m.content} for m in ASKED],
            "temperature": 0.7,
            "max_tokens": 9,
            "seed": 4,
            "stop": ["```\n"],
        }
    ]


def test_ids_of_tokens_are_asked_for_where_wanted_and_kept_where_given(server: Server):
    given = completion() | {"prompt_token_ids": [1, 2, 3]}
    given["choices"][0]["token_ids"] = [7, 8]
    server.replies = [reply(200, given), reply(200, completion() | {"prompt_token_ids": None})]
    asking = OpenAIPolicy("tiny", [server.url], token_ids=True)
    answer = asking.complete(ASKED, GREEDY)
    assert (answer.prompt_token_ids, answer.completion_token_ids) == ((1, 2, 3), (7, 8))
    assert policy(server).complete(ASKED, GREEDY).prompt_token_ids == ()
    assert ["return_token_ids" in sent for sent in server.received] == [True, False]


def test_an_answer_without_text_is_empty(server: Server):
    server.replies = [reply(200, completion(None))]
    assert policy(server).complete(ASKED, GREEDY).text == ""


def test_tools_are_offered_and_their_calls_read(server: Server):
    call = ToolCall("c1", "execute_bash", '{"command": "ls"}')
    said = completion(None, reason="tool_calls")
    said["choices"][0]["message"]["tool_calls"] = [
        {"id": "c1", "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
    ]
    server.replies = [reply(200, said)]
    tool = {"name": "execute_bash", "description": "d", "parameters": {"type": "object", "properties": {}}}
    asked = [*ASKED, Message("assistant", "", (call,)), Message("tool", "a.py", tool_call_id="c1")]
    answer = OpenAIPolicy("m", [server.url]).complete(asked, SamplingParameters(tools=(tool,)))
    assert (answer.text, answer.finish_reason, answer.tool_calls) == ("", "stop", (call,))
    (sent,) = server.received
    assert sent["tools"] == [{"type": "function", "function": tool}]
    assert sent["messages"][2]["tool_calls"][0]["function"]["arguments"] == call.arguments
    assert sent["messages"][3] == {"role": "tool", "content": "a.py", "tool_call_id": "c1"}
    assert set(sent["messages"][1]) == {"role", "content"}


@pytest.mark.parametrize(
    "bad",
    [
        failure(429),
        failure(500),
        failure(503, retry_after="0"),
        torn,
        reply(200, b"<html>gateway</html>", content_type="text/html"),
        reply(200, b'{"choices": [{"mess'),
        reply(200, {"object": "error", "message": "odd"}),
        reply(200, []),
        reply(200, b"[" * 100_000),
        reply(200, b'{"choices": ' + b"[" * 900 + b"]" * 900 + b"}"),
        reply(200, {"choices": [{"message": "text", "finish_reason": "stop"}], "usage": {}}),
        reply(200, completion(prompt=-1)),
        reply(200, json.dumps(completion()).replace("7", "1e999").encode()),
        reply(200, json.dumps(completion()).replace("7", "9" * 5000).encode()),
    ],
    ids=[
        *("429", "500", "503", "torn", "html", "half of JSON", "other JSON", "list", "deep", "less deep"),
        *("message that is text", "negative tokens", "endless tokens", "number of 5000 digits"),
    ],
)
def test_what_may_pass_is_sent_again(server: Server, bad: Callable[[Handler], None]):
    server.replies = [bad, reply(200, completion("at last"))]
    assert policy(server).complete(ASKED, GREEDY).text == "at last"
    assert len(server.received) == 2


def test_a_reply_of_another_shape_used_to_end_the_whole_run(server: Server):
    """An AttributeError, OverflowError or RecursionError is none that a rollout ends with."""
    server.replies = [reply(200, b"[" * 100_000)]
    with pytest.raises(PolicyError, match=r"not the reply asked for \(RecursionError.*\): \[\[\["):
        policy(server, attempts=1).complete(ASKED, GREEDY)


def test_arguments_that_come_as_an_object_are_the_json_that_they_should_be(server: Server):
    """They used to become Python's text of a dictionary, which no tool could read."""
    said = completion(None)
    called = {"name": "execute_bash", "arguments": {"command": "ls"}}
    said["choices"][0]["message"]["tool_calls"] = [{"id": "c1", "function": called}]
    server.replies = [reply(200, said)]
    assert policy(server).complete(ASKED, GREEDY).tool_calls[0].arguments == '{"command": "ls"}'


def test_what_stays_bad_is_an_error_after_the_last_attempt(server: Server):
    server.replies = [failure(500, "engine is dead")]
    with pytest.raises(PolicyError, match=r"tiny: http://127\.0\.0\.1:\d+/v1: HTTP 500: .*engine is dead"):
        policy(server).complete(ASKED, GREEDY)
    assert len(server.received) == 3


@pytest.mark.parametrize(
    "refusal", [failure(401), failure(404), failure(422), failure(429, code="insufficient_quota")]
)
def test_what_will_not_pass_is_an_error_at_once(server: Server, refusal: Callable[[Handler], None]):
    server.replies = [refusal]
    with pytest.raises(PolicyError, match="HTTP 4"):
        policy(server).complete(ASKED, GREEDY)
    assert len(server.received) == 1


def test_the_pause_that_the_endpoint_asks_for_is_kept(server: Server):
    server.replies = [failure(429, retry_after="1"), reply(200, completion())]
    policy(server).complete(ASKED, GREEDY)
    assert server.times[1] - server.times[0] >= 1.0


def test_a_silent_endpoint_is_given_up_after_the_timeout(server: Server):
    server.replies = [hang, reply(200, completion("awake"))]
    started = time.monotonic()
    assert policy(server, timeout_s=0.3).complete(ASKED, GREEDY).text == "awake"
    assert time.monotonic() - started < 1.4


def drip(handler: Handler) -> None:
    handler.send(200, b"{", {"content-length": "500"})
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.05)


def test_an_endpoint_that_sends_for_ever_used_to_hold_a_rollout_for_ever(server: Server):
    server.replies = [drip, reply(200, completion("awake"))]
    assert policy(server, timeout_s=0.3).complete(ASKED, GREEDY).text == "awake"


def test_an_endless_reply_used_to_fill_the_memory(server: Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("repodojo.policies.bounded_replies.MOST_BYTES", 1 << 16)
    server.replies = [reply(200, completion("x" * (1 << 17)))]
    with pytest.raises(PolicyError, match="the reply is longer than 65536 bytes"):
        policy(server, attempts=1).complete(ASKED, GREEDY)


def test_an_endpoint_that_is_down_is_named():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    down = OpenAIPolicy("tiny", [f"http://127.0.0.1:{port}/v1"], attempts=2)
    with pytest.raises(PolicyError, match=rf"tiny: http://127\.0\.0\.1:{port}/v1: APIConnectionError"):
        down.complete(ASKED, GREEDY)


def test_ten_megabytes_of_text_come_through(server: Server):
    text = "é\n" * 5_000_000
    server.replies = [reply(200, completion(text, tokens=9_000_000))]
    assert policy(server).complete(ASKED, GREEDY).text == text


def test_a_conversation_stays_with_one_address_and_moves_on_when_it_fails(server: Server):
    other = Server()
    threading.Thread(target=other.serve_forever, args=(0.05,), daemon=True).start()
    server.replies = other.replies = [reply(200, completion())]
    both = policy(server, other)
    for turn in range(6):
        both.complete([*ASKED, Message("assistant", "ls"), Message("user", f"turn {turn}")], GREEDY)
    first, second = (server, other) if server.received else (other, server)
    assert (len(first.received), len(second.received)) == (6, 0)
    first.replies = [failure(500)]
    assert both.complete(ASKED, GREEDY).text == "fine"
    assert len(second.received) == 1
    other.shutdown()
    other.server_close()


def test_conversations_are_spread_over_the_addresses(server: Server):
    other = Server()
    threading.Thread(target=other.serve_forever, args=(0.05,), daemon=True).start()
    server.replies = other.replies = [reply(200, completion())]
    both = policy(server, other)
    with ThreadPoolExecutor(8) as executor:
        list(executor.map(lambda n: both.complete([Message("user", f"issue {n}")], GREEDY), range(40)))
    assert min(len(server.received), len(other.received)) >= 8
    assert len(server.received) + len(other.received) == 40
    other.shutdown()
    other.server_close()


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("This model's maximum context length is unknown", None),
        ("Input length (9) exceeds model's maximum context length (8).", None),
        ("no matter what", "context_length_exceeded"),
        ("prompt is too long: 9 tokens > 8 maximum", None),
    ],
)
def test_a_conversation_without_room_is_an_error_of_its_own(server: Server, message: str, code: str | None):
    server.replies = [failure(400, message, code)]
    with pytest.raises(ContextLengthError, match="HTTP 400"):
        policy(server).complete(ASKED, GREEDY)


def test_another_bad_request_is_not_taken_for_a_long_one(server: Server):
    server.replies = [failure(400, "temperature must be a number")]
    with pytest.raises(PolicyError) as caught:
        policy(server).complete(ASKED, GREEDY)
    assert not isinstance(caught.value, ContextLengthError)


def test_an_answer_is_shortened_to_what_the_context_leaves(server: Server):
    server.replies = [
        failure(400, VLLM_OVERFLOW),
        reply(200, completion("f", prompt=60, tokens=1, reason="length")),
        reply(200, completion("fills the rest", prompt=60, tokens=40, reason="length")),
    ]
    assert policy(server).complete(ASKED, GREEDY) == Completion("fills the rest", "length", 60, 40)
    assert [body["max_tokens"] for body in server.received] == [50, 1, 40]


def test_no_address_is_an_error():
    with pytest.raises(PolicyError, match="base_urls is empty"):
        OpenAIPolicy("tiny", [])


def likeliest(**scores: float) -> dict[str, Any]:
    top = [{"token": token, "logprob": score} for token, score in scores.items()]
    return {"choices": [{"logprobs": {"content": [{"top_logprobs": top}]}}]}


def test_scores_come_from_the_likeliest_tokens(server: Server):
    server.replies = [reply(200, likeliest(NO=-0.2, YES=-1.8, x=-5.0))]
    scores = policy(server).next_token_log_probabilities([ASKED, ASKED], "", ["YES", "NO"])
    assert scores == [{"YES": -1.8, "NO": -0.2}] * 2
    assert [len(body["messages"]) for body in server.received] == [2, 2]


def test_an_unlikely_choice_is_scored_as_the_end_of_the_prompt(server: Server):
    end = {"prompt_logprobs": [None, {"5": {"logprob": -17.5, "rank": 900, "decoded_token": "YES"}}]}
    server.replies = [reply(200, likeliest(NO=-0.1)), reply(200, end)]
    scores = policy(server).next_token_log_probabilities([ASKED], "<", ["YES", "NO"])
    assert scores == [{"YES": -17.5, "NO": -0.1}]
    assert [body["messages"][-1]["content"] for body in server.received] == ["<", "<YES"]
    assert all(body["continue_final_message"] for body in server.received)


def test_a_choice_that_is_not_one_token_is_an_error(server: Server):
    end = {"prompt_logprobs": [None, {"5": {"logprob": -1.5, "rank": 9, "decoded_token": "ES"}}]}
    server.replies = [reply(200, likeliest(NO=-0.1)), reply(200, end)]
    with pytest.raises(PolicyError, match="'YES'"):
        policy(server).next_token_log_probabilities([ASKED], "", ["YES", "NO"])


def test_a_conversation_too_long_to_score_has_no_score(server: Server):
    server.replies = [failure(400, VLLM_OVERFLOW)]
    assert policy(server).next_token_log_probabilities([ASKED], "", ["YES"]) == [None]
