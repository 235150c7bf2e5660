"""Each state's prompt: a conversation of its own, with what that state said before where it remembers."""

import json
from collections.abc import Mapping

from pydantic import BaseModel

from repodojo.scaffolds.moatless.actions import ApplyChange, Decision, Identify, LineNumbers, Search
from repodojo.scaffolds.moatless.board import Board, State
from repodojo.scaffolds.moatless.changing import code_to_change, span_to_clarify
from repodojo.scaffolds.moatless.context import FileContext, choose, numbered
from repodojo.scaffolds.moatless.index import Place, Query
from repodojo.scaffolds.templates import Templates
from repodojo.types import Message

STATES: dict[State, str] = {
    "SearchCode": "search",
    "IdentifyCode": "identify",
    "DecideRelevance": "decide",
    "PlanToCode": "plan",
    "ClarifyCodeChange": "clarify",
    "EditCode": "edit",
}
"""The name of each state's prompts."""
ACTIONS: dict[State, type[BaseModel]] = {
    "SearchCode": Search,
    "IdentifyCode": Identify,
    "DecideRelevance": Decision,
    "PlanToCode": ApplyChange,
    "ClarifyCodeChange": LineNumbers,
}
REMEMBERING: frozenset[State] = frozenset({"SearchCode", "PlanToCode"})
"""States that are shown what they said before."""
PROMPTS: dict[str, dict[str, object]] = {
    **{f"{name}_system": {"schema": "{}"} for name in STATES.values()},
    "search": {"issue": "", "initial": "", "message": "", "current": True, "file_context": ""},
    "identify": {"issue": "", "file_context": "", "results": ""},
    "decide": {"issue": "", "thoughts": "", "file_context": ""},
    "plan": {
        "issue": "",
        "message": "",
        "diff": "",
        "lint_errors": ["E0001 1 text"],
        "current": True,
        "file_context": "",
    },
    "clarify": {"instructions": "", "code": ""},
    "edit": {"issue": "", "instructions": "", "file_context": "", "code": ""},
}
"""The values that each prompt may use."""


class Prompts:
    """Renders states' prompts; keeps what the states that remember asked and got."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._past: dict[State, list[Message]] = {}
        self._asked: dict[State, str] = {}

    def open(self, state: State, board: Board) -> tuple[Message, ...]:
        """Return a state's conversation up to the policy's answer."""
        name = STATES[state]
        schema = json.dumps(ACTIONS[state].model_json_schema()) if state in ACTIONS else ""
        system = Message("system", self._templates.render(f"{name}_system", schema=schema))
        past = self._past.get(state, [])
        values = _values(state, board, is_first=not past)
        if state in REMEMBERING:
            self._asked[state] = self._render(name, {**values, "current": False, "file_context": ""})
        return (system, *past, Message("user", self._render(name, values)))

    def remember(self, state: State, answer: str) -> None:
        """Keep an answer that was acted upon, for the state's next visit."""
        if state in REMEMBERING:
            said = [Message("user", self._asked[state]), Message("assistant", answer)]
            self._past.setdefault(state, []).extend(said)

    def _render(self, name: str, values: Mapping[str, object]) -> str:
        return self._templates.render(name, **values).strip("\n")


def _values(state: State, board: Board, is_first: bool) -> dict[str, object]:
    issue = board.issue if is_first or state not in REMEMBERING else ""
    if state == "SearchCode":
        initial = _initial(board) if is_first else ""
        return {"issue": issue, "initial": initial, "message": board.message, **_context(board)}
    if state == "IdentifyCode":
        results = choose(board.results, board.files, board.limits.result_tokens)
        shown = {"file_context": board.context.render(board.files)}
        return {"issue": issue, "results": results.render(board.files), **shown}
    if state == "DecideRelevance":
        shown = {"file_context": board.context.render(board.files, with_ids=False)}
        return {"issue": issue, "thoughts": board.thoughts, **shown}
    if state == "PlanToCode":
        said = {"message": board.message, "diff": board.diff, "lint_errors": board.lint_errors}
        return {"issue": issue, **said, **_context(board)}
    return _change_values(state, board)


def _context(board: Board) -> dict[str, object]:
    return {"current": True, "file_context": board.context.render(board.files)}


def _initial(board: Board) -> str:
    limits = board.limits
    places = board.index.search(Query(words=board.issue), limits.initial_results)
    chosen = choose(places, board.files, limits.initial_tokens, limits.initial_spans_per_file)
    return chosen.render(board.files, with_ids=False)


def _change_values(state: State, board: Board) -> dict[str, object]:
    change = board.change
    if change is None:
        raise AssertionError("a change is pending in this state")
    if state == "ClarifyCodeChange":
        span = span_to_clarify(board)
        code = numbered(board.files[change.path], span.start, span.whole_end)
        return {"instructions": change.instructions, "code": f"{change.path}\n{code}"}
    around = FileContext()
    for span_id in ("imports", change.span_id):
        around.add(Place(change.path, span_id))
    return {
        "issue": board.issue,
        "instructions": change.instructions,
        "file_context": around.render(board.files, with_ids=False),
        "code": code_to_change(board),
    }
