"""The transition rule: what each state does with an answer."""

import json
from typing import Any

import pytest

from repodojo.scaffolds.moatless.actions import RetryError, Search, read_action
from repodojo.scaffolds.moatless.board import Board, Change
from repodojo.scaffolds.moatless.changing import after_clarify, after_edit, after_plan
from repodojo.scaffolds.moatless.finding import after_decide, after_identify, after_search
from repodojo.scaffolds.moatless.index import CodeIndex, Place
from repodojo.scaffolds.moatless.repository import new_errors

LONG = "def long_one():\n" + "".join(f"    value_{n} = {n}\n" for n in range(400)) + "    return value_1\n"
FILES = {
    "a.py": "def one():\n    return 2\n\n\nclass Pair:\n    def two(self):\n        return 2\n",
    "b.py": LONG,
}


def board(**changes: Any) -> Board:
    made = Board("one() is 2", dict(FILES), CodeIndex(FILES))
    for span_id in ("one", "Pair.two"):
        made.context.add(Place("a.py", span_id))
    made.context.add(Place("b.py", "long_one"))
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def test_search_leads_to_identify_or_when_complete_to_plan() -> None:
    known = board()
    found = after_search(
        json.dumps({"scratch_pad": "t", "search_requests": [{"function_names": ["one"]}]}), known
    )
    assert (found, known.results, known.thoughts) == ("IdentifyCode", [Place("a.py", "one")], "t")
    assert after_search('{"complete": true}', known) == "PlanToCode"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("{}", "Every search needs"),
        ('{"search_requests": [{"file_pattern": "*.py"}]}', "Every search needs"),
        ('{"search_requests": [{"query": "x", "file_pattern": "tests/*.py"}]}', "Test files"),
        ('{"search_requests": [{"query": "zebra"}]}', "found nothing"),
        ("no JSON", "the answer: expected an object of named fields"),
        ('{"search_requests": 3}', "search_requests: expected a list"),
        ('{"search_requests": [', "no valid JSON object"),
        ('{"scratch_pad": "\\ud800", "complete": true}', "lone surrogate"),
        ('{"scratch_pad": ' + "[" * 100_000, "no valid JSON object"),
        ('{"more": ' + "[" * 900 + "]" * 900 + "}", "nested at most 100 deep"),
        (json.dumps({"search_requests": [{"query": f"q{n}"} for n in range(101)]}), "100 searches at mo"),
    ],
)
def test_a_search_that_cannot_be_made_is_asked_for_again(answer: str, told: str) -> None:
    with pytest.raises(RetryError, match=told):
        after_search(answer, board())


def test_identified_spans_are_at_hand_and_unknown_ones_are_not() -> None:
    known = board(results=[Place("a.py", "Pair")])
    spans = [{"file_path": "a.py", "span_ids": ["Pair", "nope"]}, {"file_path": "z.py", "span_ids": ["x"]}]
    assert after_identify(json.dumps({"identified_spans": spans}), known) == "DecideRelevance"
    assert known.context.span_ids("a.py") == ["one", "Pair.two", "Pair"]
    assert known.context.paths == ["a.py", "b.py"]
    assert after_identify('{"scratch_pad": "Nothing fits."}', known) == "SearchCode"
    assert "1 results" in known.message
    assert "Nothing fits." in known.message


def test_a_million_names_and_spans_are_looked_up_once_each() -> None:
    """Every span used to be looked for in its file, and every name in all of them."""
    known = board()
    names = [f"n{n}" for n in range(300_000)] + ["one"]
    assert after_search(json.dumps({"search_requests": [{"function_names": names}]}), known) == "IdentifyCode"
    spans = [{"file_path": "a.py", "span_ids": ["Pair"] * 300_000 + names}]
    assert after_identify(json.dumps({"identified_spans": spans}), known) == "DecideRelevance"
    assert known.context.span_ids("a.py") == ["one", "Pair.two", "Pair"]


@pytest.mark.parametrize(
    ("decisions", "states"),
    [
        ([(True, True)], ["PlanToCode"]),
        ([(True, False), (True, False)], ["SearchCode", "PlanToCode"]),
        ([(False, True), (False, False)], ["SearchCode", "SearchCode"]),
    ],
)
def test_searching_ends_after_one_more_relevant_decision(
    decisions: list[tuple[bool, bool]], states: list[str]
) -> None:
    known = board()
    answers = [
        json.dumps({"relevant": r, "complete": c, "search_suggestions": "there"}) for r, c in decisions
    ]
    assert [after_decide(answer, known) for answer in answers] == states
    assert known.message == ("there" if states[-1] == "SearchCode" else "")


def plan(**fields: str) -> str:
    return json.dumps(
        {"action": "modify", "instructions": "do", "file_path": "a.py", "span_id": "one"} | fields
    )


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (plan(), "EditCode"),
        (plan(span_id="Pair"), "EditCode"),
        (plan(file_path="b.py", span_id="long_one"), "ClarifyCodeChange"),
        ('{"action": "finish"}', "Finished"),
        ('{"action": "modify", "finish": "done"}', "Finished"),
        ('{"action": "reject"}', "Rejected"),
    ],
)
def test_plan(answer: str, state: str) -> None:
    assert after_plan(f"So: {answer}", board()) == state


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (plan(file_path="z.py"), r"z.py is not in the file context.*\n \* a.py\n \* b.py"),
        (plan(span_id="three"), "Span not found: three. Available spans: one, Pair.two"),
        ('{"action": "modify"}', "needs instructions"),
        ('{"action": "review"}', "nothing to review yet"),
        ('{"action": "dance"}', "action: expected 'modify'"),
    ],
)
def test_a_plan_that_cannot_be_carried_out(answer: str, told: str) -> None:
    with pytest.raises(RetryError, match=told):
        after_plan(answer, board())


def test_a_review_after_a_change_ends_the_work() -> None:
    assert after_plan('{"action": "review"}', board(diff="d")) == "Finished"


LONG_CHANGE = Change("do", "b.py", "long_one")


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        (0, 3, "not within"),
        (3, 2, "not within"),
        (1, 403, "whole code"),
        (2, 402, "more than the 750"),
    ],
)
def test_lines_that_cannot_be_changed(start: int, end: int, told: str) -> None:
    with pytest.raises(RetryError, match=told):
        after_clarify(json.dumps({"start_line": start, "end_line": end}), board(change=LONG_CHANGE))


def test_clarified_lines_are_edited_or_the_change_is_dropped() -> None:
    known = board(change=LONG_CHANGE)
    assert after_clarify('{"start_line": 2, "end_line": 4, "scratch_pad": "these"}', known) == "EditCode"
    assert known.change == Change("do\n\nthese", "b.py", "long_one", 2, 4)
    assert after_clarify('{"reject": true, "scratch_pad": "no"}', known) == "PlanToCode"
    assert known.message == "no"


CHANGE = Change("do", "a.py", "one", 1, 2)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("<replace>\ndef one():\n    return 1\n</replace>", "def one():\n    return 1\n"),
        ("I think.\n<replace>\ndef one():\n    return 1\n", "def one():\n    return 1\n"),
        ("<replace>\n</replace>", ""),
    ],
)
def test_an_edit(answer: str, text: str) -> None:
    known = board(change=CHANGE)
    assert after_edit(answer, known) == "PlanToCode"
    assert known.files["a.py"] == text + FILES["a.py"].split("return 2\n", 1)[1]
    assert known.edited == "a.py"
    assert known.diff.startswith("--- a/a.py\n+++ b/a.py\n")


def test_an_edit_can_be_refused_and_must_change_something() -> None:
    known = board(change=CHANGE)
    assert after_edit("<reject>\nIt is right.\n</reject>", known) == "PlanToCode"
    assert known.message == "It is right."
    for answer in ("def one(): ...", "<replace>\ndef one():\n    return 2\n</replace>"):
        with pytest.raises(RetryError):
            after_edit(answer, known)
    assert known.files == FILES


def test_only_the_errors_that_an_edit_brought_are_told() -> None:
    assert new_errors(["E0602 3 Undefined a"], ["E0602 9 Undefined a", "E0602 9 Undefined b"]) == [
        "E0602 9 Undefined b"
    ]


def test_an_answer_may_hold_more_than_its_object() -> None:
    assert read_action(Search, 'Sure.\n```json\n{"complete": true}\n```').complete
