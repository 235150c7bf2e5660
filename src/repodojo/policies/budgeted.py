"""A policy that keeps to a budget: each call is weighed before it is made, and what it used is written down.

What calls used stands in a file, so that a kill, a retry or another run forgets nothing: a line for each
call, and one for each refusal, with the limits that it was made under. After the first refusal every call is
refused until a limit is larger. A call that fails counts nothing: nobody tells what it used.
"""

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from repodojo.errors import BudgetError
from repodojo.policies.budget import Budget, Tokens
from repodojo.policies.policy import Completion, Policy, SamplingParameters
from repodojo.types import Message

_FIRST_GUESS = 0.3
"""Tokens of a character, before any call has told."""


class BudgetedPolicy:
    """A `Policy` within a `Budget`, for many threads at once."""

    def __init__(self, policy: Policy, budget: Budget) -> None:
        """Wrap a policy; nothing is used so far."""
        self.name = policy.name
        self.fingerprint = policy.fingerprint
        self._policy = policy
        self._budget = budget
        self._file: Path | None = None
        self._changed = threading.Condition()
        self._used = Tokens()
        self._reserved = Tokens()
        self._characters = 0
        self._read = 0
        self._refusal = ""

    def open(self, file: Path, before: Tokens) -> None:
        """Go on from what a file says was used; where there is none, from ``before``."""
        with self._changed:
            self._file, self._used, self._refusal = file, Tokens(), ""
            if not file.exists():
                self._write({"prompt": before.prompt, "completion": before.completion})
            for line in _lines(file):
                self._used = self._used.plus(Tokens(line.get("prompt", 0), line.get("completion", 0)))
                if "refused" in line:
                    self._refusal = "" if self._budget.exceeds(line["refused"]) else str(line["why"])

    def refusal(self) -> str:
        """Say why no call is made any more; empty where one may be."""
        with self._changed:
            return self._refusal

    def complete(self, messages: Sequence[Message], parameters: SamplingParameters) -> Completion:
        """Answer the conversation.

        Raises:
            BudgetError: the answer could cost more than is left.
            PolicyError: as of the policy within.
        """
        characters = sum(len(message.content) for message in messages)
        asked = self._reserve(characters, parameters.max_tokens)
        used = Tokens()
        try:
            completion = self._policy.complete(messages, parameters)
            used = Tokens(completion.prompt_tokens, completion.completion_tokens)
        finally:
            self._settle(asked, used, characters)
        return completion

    def _reserve(self, characters: int, answer: int) -> Tokens:
        """Set aside what a call may use, once the calls in flight leave room for it."""
        with self._changed:
            while True:
                rate = self._read / self._characters if self._characters else _FIRST_GUESS
                asked = Tokens(round(characters * rate), answer)
                wanted = self._used.plus(asked)
                if not self._refusal and (limit := self._budget.refusal(wanted)):
                    total = self._used.prompt + self._used.completion
                    self._refusal = f"{limit} leaves no room: {total:,} tokens are used"
                    self._write({"refused": self._budget.limits(), "why": self._refusal})
                if self._refusal:
                    raise BudgetError(f"{self._refusal}; a run with a larger budget takes this up")
                if not self._budget.refusal(wanted.plus(self._reserved)):
                    self._reserved = self._reserved.plus(asked)
                    return asked
                self._changed.wait()

    def _settle(self, asked: Tokens, used: Tokens, characters: int) -> None:
        with self._changed:
            self._reserved = self._reserved.minus(asked)
            self._used = self._used.plus(used)
            if used.prompt:
                self._characters += characters
                self._read += used.prompt
                self._write({"prompt": used.prompt, "completion": used.completion})
            self._changed.notify_all()

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


def _lines(file: Path) -> Iterable[dict[str, Any]]:
    """Read whole lines; one that a kill tore is left out."""
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found
