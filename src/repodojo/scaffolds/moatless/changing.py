"""The states that change code: plan, clarify, edit. Each takes an answer and names the next state."""

from difflib import unified_diff

from repodojo.scaffolds.moatless.actions import (
    ApplyChange,
    LineNumbers,
    RetryError,
    read_action,
    read_refusal,
    read_replacement,
)
from repodojo.scaffolds.moatless.board import Board, Change, State
from repodojo.scaffolds.moatless.context import tokens_of
from repodojo.scaffolds.moatless.spans import Span, find_span, split_spans


def after_plan(answer: str, board: Board) -> State:
    """Take up a change, or end the work.

    Raises:
        RetryError: the answer cannot be acted upon.
    """
    action = read_action(ApplyChange, answer)
    if action.action == "review":
        if board.diff:
            return "Finished"
        raise RetryError("There is nothing to review yet. Ask for a change, finish or reject.")
    if action.action == "finish" or action.finish:
        return "Finished"
    if action.action == "reject" or action.reject:
        return "Rejected"
    if not (action.file_path and action.span_id and action.instructions):
        raise RetryError("A change needs instructions, a file_path and a span_id; or else finish or reject.")
    span = _known_span(board, action.file_path, action.span_id)
    board.message, board.diff, board.lint_errors = "", "", []
    board.change = Change(action.instructions, action.file_path, action.span_id)
    if tokens_of(_lines(board, span.start, span.whole_end)) > board.limits.edit_tokens:
        return "ClarifyCodeChange"
    board.change = board.change._replace(start=span.start, end=span.whole_end)
    return "EditCode"


def after_clarify(answer: str, board: Board) -> State:
    """Take up the lines to change.

    Raises:
        RetryError: they are none, too many, or not within the span.
    """
    action = read_action(LineNumbers, answer)
    change = _change(board)
    if action.reject:
        board.message = action.scratch_pad
        return "PlanToCode"
    span = _known_span(board, change.path, change.span_id)
    start, end = action.start_line, action.end_line
    if not span.start <= start <= end <= span.whole_end:
        raise RetryError(
            f"Lines {start} to {end} are not within the code, lines {span.start} to {span.whole_end}."
        )
    if (start, end) == (span.start, span.whole_end):
        raise RetryError(f"Lines {start} to {end} are the whole code. Name only the lines to change.")
    tokens = tokens_of(_lines(board, start, end))
    if tokens > board.limits.edit_tokens:
        raise RetryError(
            f"Lines {start} to {end} are {tokens} tokens, more than the {board.limits.edit_tokens} that can "
            "be changed at once. Name fewer lines, or set reject to true."
        )
    thoughts = f"\n\n{action.scratch_pad}" if action.scratch_pad else ""
    board.change = change._replace(instructions=change.instructions + thoughts, start=start, end=end)
    return "EditCode"


def after_edit(answer: str, board: Board) -> State:
    """Change the file; what was changed is not written yet.

    Raises:
        RetryError: there is no code, or it is as before.
    """
    change = _change(board)
    if (reason := read_refusal(answer)) is not None:
        board.message = reason
        return "PlanToCode"
    code = read_replacement(answer)
    before = board.files[change.path]
    lines = before.split("\n")
    new = code.split("\n") if code else []
    after = "\n".join([*lines[: change.start - 1], *new, *lines[change.end :]])
    if after == before:
        raise RetryError("The code is as it was. To refuse the change, give a reason in a <reject> tag.")
    board.files[change.path] = after
    board.edited = change.path
    board.message = f"The change to {change.path} is made."
    board.diff = _diff(change.path, before, after)
    return "PlanToCode"


def code_to_change(board: Board) -> str:
    """Return the lines of the pending change."""
    change = _change(board)
    return _lines(board, change.start, change.end)


def span_to_clarify(board: Board) -> Span:
    """Return the span of the pending change."""
    change = _change(board)
    return _known_span(board, change.path, change.span_id)


def _known_span(board: Board, path: str, span_id: str) -> Span:
    if path not in board.context.paths:
        known = "".join(f"\n * {each}" for each in board.context.paths)
        raise RetryError(f"{path} is not in the file context. Only these files can be changed:{known}")
    span = find_span(split_spans(board.files[path]), span_id)
    known_ids = board.context.span_ids(path)
    owners = {each.partition(".")[0] for each in known_ids}
    if span is None or (span_id not in known_ids and span_id not in owners):
        raise RetryError(f"Span not found: {span_id}. Available spans: {', '.join(known_ids)}")
    return span


def _change(board: Board) -> Change:
    if board.change is None:
        raise AssertionError("a change is pending in this state")
    return board.change


def _lines(board: Board, start: int, end: int) -> str:
    return "\n".join(board.files[_change(board).path].split("\n")[start - 1 : end])


def _diff(path: str, before: str, after: str) -> str:
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return "".join(unified_diff(old, new, f"a/{path}", f"b/{path}"))
