"""One rollout of `Moatless`: the state that it is in, and what each answer leads to."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from repodojo.environments.sandbox import Sandbox
from repodojo.scaffolds.moatless.actions import RetryError
from repodojo.scaffolds.moatless.board import Board, Limits, State
from repodojo.scaffolds.moatless.changing import after_clarify, after_edit, after_plan
from repodojo.scaffolds.moatless.embeddings import Embedder
from repodojo.scaffolds.moatless.finding import after_decide, after_identify, after_search
from repodojo.scaffolds.moatless.index import Place
from repodojo.scaffolds.moatless.prompting import Prompts
from repodojo.scaffolds.moatless.repository import build_index, lint, new_errors, read_code, unpack
from repodojo.scaffolds.moatless.spans import find_span, split_spans
from repodojo.scaffolds.scaffold import Response
from repodojo.types import Message

_RULES: dict[State, Callable[[str, Board], State]] = {
    "SearchCode": after_search,
    "IdentifyCode": after_identify,
    "DecideRelevance": after_decide,
    "PlanToCode": after_plan,
    "ClarifyCodeChange": after_clarify,
    "EditCode": after_edit,
}
_COUNTED: frozenset[State] = frozenset({"PlanToCode", "EditCode"})


class MoatlessSession:
    """A rollout's state, board and prompts."""

    def __init__(
        self, issue: str, prompts: Prompts, limits: Limits, embedder: Embedder | None = None
    ) -> None:
        self._issue = issue
        self._prompts = prompts
        self._limits = limits
        self._embedder = embedder
        self._state: State = "SearchCode"
        self._visits: Counter[State] = Counter()
        self._transitions = 0
        self._retries = 0
        self._board: Board | None = None

    def prepare(self, sandbox: Sandbox) -> tuple[Message, ...]:
        """Index the repository, and ask for the first search."""
        archive = read_code(sandbox)
        index = build_index(archive, self._embedder)
        self._board = Board(self._issue, unpack(archive), index, self._limits)
        return self._prompts.open(self._state, self._board)

    def respond(self, answer: Message, sandbox: Sandbox, timeout_s: float) -> Response:
        """Act upon an answer and go to the next state, or say what is wrong with it."""
        board = self._board
        if board is None:
            raise AssertionError("a session is prepared before it gets answers")
        try:
            state = _RULES[self._state](answer.content, board)
        except RetryError as error:
            self._retries += 1
            rejected = "Rejected" if self._retries > self._limits.retries else ""
            return Response((Message("user", str(error)),), malformed=True, exit_status=rejected)
        self._retries = 0
        asked = f"{self._state}: {answer.content}"
        self._prompts.remember(self._state, answer.content)
        if board.edited:
            self._write(board, sandbox)
        status = self._enter(state, board)
        messages = () if status else self._prompts.open(self._state, board)
        return Response(messages, command=asked, exit_status=status, answer=_closed(answer))

    def stuck(self) -> str:
        """Tell nothing: limits on transitions end a loop."""
        return ""

    def _enter(self, state: State, board: Board) -> str:
        """Go to a state; return how the rollout ends there, if it does."""
        self._transitions += 1
        self._visits[state] += 1
        self._state = state
        if state == "Finished":
            return "Submitted"
        if self._transitions > self._limits.transitions:
            return "LimitsExceeded"
        if state == "Rejected" or (state in _COUNTED and self._visits[state] > self._limits.visits):
            return "Rejected"
        if state == "PlanToCode":
            for path in board.context.paths:
                if find_span(split_spans(board.files[path]), "imports"):
                    board.context.add(Place(path, "imports"))
        return ""

    def _write(self, board: Board, sandbox: Sandbox) -> None:
        """Write the changed file, and keep the errors that it has now and had not before."""
        path = board.edited
        before = lint(sandbox, path, sandbox.read(path).decode("utf-8"))
        sandbox.write(path, board.files[path].encode("utf-8"))
        board.lint_errors = new_errors(before, lint(sandbox, path, board.files[path]))
        board.edited = ""


def _closed(answer: Message) -> Message:
    """Put back the tag that a stop text has cut off."""
    cut = "<replace>" in answer.content and "</replace>" not in answer.content
    return replace(answer, content=f"{answer.content}</replace>") if cut else answer
