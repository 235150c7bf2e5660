import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from repodojo.errors import BudgetError, PolicyError
from repodojo.policies.budget import Budget, Tokens
from repodojo.policies.budgeted import BudgetedPolicy
from repodojo.policies.policy import Completion, SamplingParameters
from repodojo.types import Message

TEN = SamplingParameters(max_tokens=10)


class Counted:
    """A policy that counts three tokens for ten characters and answers with so many as it is told."""

    name = fingerprint = "counted"

    def __init__(self, answer: int = 10) -> None:
        self.answer = answer
        self.used = Tokens()
        self.gate = threading.Event()
        self.gate.set()
        self.asked = threading.Semaphore(0)

    def complete(self, messages: Sequence[Message], parameters: SamplingParameters) -> Completion:
        self.asked.release()
        assert self.gate.wait(30)
        if not self.answer:
            raise PolicyError("down")
        prompt = round(0.3 * sum(len(message.content) for message in messages))
        self.used = self.used.plus(Tokens(prompt, self.answer))
        return Completion("x", "stop", prompt, self.answer)


def ask(policy: BudgetedPolicy, characters: int = 100) -> None:
    policy.complete([Message("user", "x" * characters)], TEN)


def test_calls_are_made_until_the_next_could_pass_the_limit() -> None:
    inner = Counted()
    policy = BudgetedPolicy(inner, Budget(tokens=100))
    ask(policy)
    ask(policy)
    assert policy.refusal() == ""
    with pytest.raises(BudgetError, match=r"the budget of 100 tokens leaves no room: 80 tokens are used"):
        ask(policy)
    assert inner.used == Tokens(60, 20)
    assert "100 tokens" in policy.refusal()
    with pytest.raises(BudgetError):
        ask(policy, 1)  # what is too little for one is not frittered away on others


def test_money_is_counted_by_the_price_of_each_kind() -> None:
    policy = BudgetedPolicy(Counted(), Budget(money=0.5, prompt_million=10_000, completion_million=20_000))
    ask(policy)
    assert policy.refusal() == ""
    with pytest.raises(BudgetError, match=r"the budget of 0.5 in money"):
        ask(policy)
    with pytest.raises(ValidationError, match="'money' needs 'prompt_million'"):
        Budget(money=1)


def test_a_call_waits_for_those_in_flight_before_it_is_refused() -> None:
    """What is set aside for them is more than they use."""
    inner = Counted(answer=1)
    inner.gate.clear()
    policy = BudgetedPolicy(inner, Budget(tokens=75))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, policy)
        assert inner.asked.acquire(timeout=30)
        second = pool.submit(ask, policy)
        assert not inner.asked.acquire(timeout=0.1)
        assert not second.done()
        inner.gate.set()
        first.result(30)
        second.result(30)
    assert inner.used == Tokens(60, 2)


def test_a_failed_call_gives_back_what_was_set_aside() -> None:
    policy = BudgetedPolicy(Counted(answer=0), Budget(tokens=41))
    for _ in range(3):
        with pytest.raises(PolicyError, match="down"):
            ask(policy)


def test_another_run_goes_on_with_what_is_left(tmp_path: Path) -> None:
    file, budget = tmp_path / "_SPENT.jsonl", Budget(tokens=100)
    policy = BudgetedPolicy(Counted(), budget)
    policy.open(file, Tokens(20, 10))
    ask(policy)
    with file.open("a") as torn:
        torn.write('{"prompt": 99999, "comp')
    again = BudgetedPolicy(Counted(), budget)
    again.open(file, Tokens(1000, 1000))
    with pytest.raises(BudgetError, match="70 tokens are used"):
        ask(again)


def test_a_refusal_holds_until_a_limit_is_larger(tmp_path: Path) -> None:
    file = tmp_path / "_SPENT.jsonl"

    def opened(budget: Budget) -> BudgetedPolicy:
        policy = BudgetedPolicy(Counted(), budget)
        policy.open(file, Tokens())
        return policy

    with pytest.raises(BudgetError):
        ask(opened(Budget(tokens=39)))
    assert "39 tokens" in opened(Budget(tokens=39)).refusal()
    assert "39 tokens" in opened(Budget(tokens=20)).refusal()
    ask(opened(Budget(tokens=40)))
    assert json.loads(file.read_text().splitlines()[-1]) == {"prompt": 30, "completion": 10}


@given(st.integers(1, 400), st.lists(st.integers(1, 300), max_size=20), st.integers(1, 10))
def test_a_budget_is_never_passed_and_never_refused_early(
    limit: int, lengths: list[int], answer: int
) -> None:
    inner = Counted(answer)
    policy = BudgetedPolicy(inner, Budget(tokens=limit))
    refused = False
    for length in lengths:
        before = inner.used.prompt + inner.used.completion
        rate = policy._read / policy._characters if policy._characters else 0.3
        try:
            ask(policy, length)
        except BudgetError:
            assert refused or before + round(length * rate) + 10 > limit
            refused = True
        else:
            assert not refused
    # The rate of tokens to characters is measured: half a token of rounding for each call stays open.
    assert inner.used.prompt + inner.used.completion <= limit + len(lengths)
