"""The states that find code: search, identify, decide. Each takes an answer and names the next state."""

from repodojo.scaffolds.moatless.actions import (
    Decision,
    Identify,
    RetryError,
    Search,
    SearchRequest,
    read_action,
)
from repodojo.scaffolds.moatless.board import Board, State
from repodojo.scaffolds.moatless.index import Place, Query, is_test, merge
from repodojo.scaffolds.moatless.spans import split_spans

MOST_SEARCHES = 100
"""Of one answer."""


def after_search(answer: str, board: Board) -> State:
    """Search; nothing found is told, and asked again.

    Raises:
        RetryError: the answer cannot be acted upon, or nothing was found.
    """
    action = read_action(Search, answer)
    board.thoughts = action.scratch_pad
    board.message = ""
    if action.complete:
        return "PlanToCode"
    if not action.search_requests or not all(map(_says_something, action.search_requests)):
        raise RetryError(
            "Every search needs a query, a code_snippet, class_names or function_names. "
            "If you have found everything, set complete to true."
        )
    if len(action.search_requests) > MOST_SEARCHES:
        raise RetryError(f"An answer may ask for {MOST_SEARCHES} searches at most.")
    if any(request.file_pattern and _means_tests(request.file_pattern) for request in action.search_requests):
        raise RetryError("Test files cannot be searched.")
    limit = board.limits.search_results
    found = [board.index.search(_as_query(request), limit) for request in action.search_requests]
    board.results = merge(found, limit)
    if not board.results:
        raise RetryError("The searches found nothing.")
    return "IdentifyCode"


def after_identify(answer: str, board: Board) -> State:
    """Take the spans that matter into the code at hand.

    Raises:
        RetryError: the answer cannot be acted upon.
    """
    action = read_action(Identify, answer)
    paths = {each.file_path for each in action.identified_spans} & board.files.keys()
    spans = {path: {span.span_id for span in split_spans(board.files[path])} for path in paths}
    known = dict.fromkeys(
        Place(each.file_path, span_id)
        for each in action.identified_spans
        for span_id in each.span_ids
        if span_id in spans.get(each.file_path, ())
    )
    for place in known:
        if board.context.size(board.files) >= board.limits.context_tokens:
            break
        board.context.add(place)
    if known:
        return "DecideRelevance"
    board.message = (
        f"The search gave {len(board.results)} results, and none of them matters.\n\n{action.scratch_pad}"
    )
    return "SearchCode"


def after_decide(answer: str, board: Board) -> State:
    """Go on to the change, or search for what is missing.

    Raises:
        RetryError: the answer cannot be acted upon.
    """
    action = read_action(Decision, answer)
    enough = action.complete or board.relevant >= board.limits.relevant_decisions
    board.relevant += action.relevant
    board.message = "" if action.relevant and enough else action.search_suggestions or ""
    return "PlanToCode" if action.relevant and enough else "SearchCode"


def _says_something(request: SearchRequest) -> bool:
    return bool(request.query or request.code_snippet or request.class_names or request.function_names)


def _means_tests(pattern: str) -> bool:
    return pattern.startswith("test") or is_test(pattern.replace("*", "x"))


def _as_query(request: SearchRequest) -> Query:
    return Query(
        words=request.query or "",
        snippet=request.code_snippet or "",
        class_names=frozenset(request.class_names),
        function_names=frozenset(request.function_names),
        file_pattern=request.file_pattern or "",
    )
