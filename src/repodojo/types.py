"""The records that pass between pipelines: frozen, with a JSON form and a schema version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, SerializerFunctionWrapHandler, TypeAdapter, ValidationError, model_serializer

from repodojo.errors import InputError, first_problem

SCHEMA_VERSION = 1

Outcome = Literal["resolved", "unresolved", "not_measured"]
Split = Literal["train", "held_out"]
Role = Literal["system", "user", "assistant", "tool"]
Record = TypeVar("Record")

Seed = Annotated[int, Field(ge=0, lt=2**32)]
"""What every generator takes, numpy's among them."""

INFRASTRUCTURE_STATUSES = frozenset({"SandboxError", "PolicyError", "GivenUp"})
"""Ends that say nothing about the agent: such a rollout is run again, then not measured."""
OVER_BUDGET = "BudgetExceeded"
"""The end of a rollout that was not begun, or not gone on with, for a budget; not measured either."""
UNMEASURED_STATUSES = INFRASTRUCTURE_STATUSES | {OVER_BUDGET}


@dataclass(frozen=True)
class Instance:
    """One task: a repository at a commit, an issue, and the tests that prove a repair."""

    instance_id: str
    """``owner__repo-suffix``."""
    repo: str
    """``owner/repo``."""
    version: str
    base_commit: str
    problem_statement: str
    patch: str
    """The gold patch, against ``base_commit``."""
    test_patch: str
    """Puts the hidden tests in place, against ``base_commit``."""
    FAIL_TO_PASS: tuple[str, ...]
    PASS_TO_PASS: tuple[str, ...]
    environment: str
    """Name of the `Environment` that it runs in."""
    test_files: tuple[str, ...]
    """The test files to run when grading, relative to the repository."""
    split: Split = "train"
    hints_text: str = ""
    created_at: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """How the instance was made (kind of bug, place); never shown to a policy."""
    schema_version: int = SCHEMA_VERSION


@dataclass(frozen=True)
class Environment:
    """A project made executable: its files, the packages beside it, and what its tests did."""

    name: str
    """``project-version``."""
    repo: str
    version: str
    source: str
    """Folder of the project's files, relative to the environments' root; sandboxes share it read-only."""
    packages: str
    """Folder of installed packages, relative to the environments' root."""
    digest: str
    """Content digest of ``source`` and ``packages``."""
    split: Split
    test_files: tuple[str, ...]
    schema_version: int = SCHEMA_VERSION


@dataclass(frozen=True)
class ToolCall:
    """One call of a tool in an assistant's message."""

    call_id: str
    name: str
    arguments: str
    """A JSON object, letter for letter as the policy wrote it."""


@dataclass(frozen=True)
class Message:
    """One message of a conversation; what it does not use is not in its JSON form."""

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    """Of the call that a message of role ``tool`` answers."""

    @model_serializer(mode="wrap")
    def _omit_unused(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _without(serialise(self), "tool_calls", "tool_call_id")


@dataclass(frozen=True)
class Turn:
    """One answer of the policy and what came of it; ids that nobody gave are not in its JSON form."""

    command: str | None
    """What the answer asked for: a shell command, or tool calls as text; None where it asked for nothing."""
    exit_code: int | None
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str
    policy_s: float
    sandbox_s: float
    prompt_token_ids: tuple[int, ...] = ()
    """Of the whole conversation that was answered."""
    completion_token_ids: tuple[int, ...] = ()

    @model_serializer(mode="wrap")
    def _omit_unused(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _without(serialise(self), "prompt_token_ids", "completion_token_ids")


@dataclass(frozen=True)
class Trajectory:
    """The record that a rollout leaves; ``messages`` is the training sample, word for word."""

    rollout_id: str
    """``instance_id.attempt``."""
    instance_id: str
    policy: str
    scaffold: str
    attempt: int
    temperature: float
    seed: int
    messages: tuple[Message, ...]
    """Each system message opens a conversation of its own: a policy sees what follows the last one."""
    turns: tuple[Turn, ...]
    model_patch: str
    exit_status: str
    """Submitted, Rejected, LimitsExceeded, TimeExceeded, StuckInLoop, FormatError, ContextLength,
    SandboxError, PolicyError, GivenUp or BudgetExceeded."""
    error: str = ""
    duration_s: float = 0.0
    sandbox: Mapping[str, str] = field(default_factory=dict)
    """The backend, and what enforced each limit; empty where no sandbox started."""
    schema_version: int = SCHEMA_VERSION
    scaffold_fingerprint: str = ""
    """Digest of the scaffold's prompts, tools and rule."""
    tools: tuple[Mapping[str, Any], ...] = ()
    """The functions offered for native calls, as JSON schemas."""

    @model_serializer(mode="wrap")
    def _omit_unused(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _without(serialise(self), "scaffold_fingerprint", "tools")


@dataclass(frozen=True)
class Verdict:
    """What grading a patch by the hidden tests gave."""

    rollout_id: str
    instance_id: str
    outcome: Outcome
    cause: str
    """Why: ``tests``, ``empty_patch``, ``patch_does_not_apply``, ``timeout`` or an infrastructure failure."""
    failed_tests: tuple[str, ...] = ()
    """FAIL_TO_PASS and PASS_TO_PASS ids that did not pass."""
    patch_digest: str = ""
    duration_s: float = 0.0
    schema_version: int = SCHEMA_VERSION

    @property
    def resolved(self) -> bool:
        """Whether every FAIL_TO_PASS and PASS_TO_PASS test passed."""
        return self.outcome == "resolved"


def _without(data: dict[str, Any], *names: str) -> dict[str, Any]:
    """Leave out the named fields where they hold nothing."""
    return {name: value for name, value in data.items() if value or name not in names}


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return _ADAPTERS.setdefault(kind, _ADAPTERS.get(kind) or TypeAdapter(kind))


def to_json(record: Any) -> dict[str, Any]:
    """Return the record as JSON-compatible values."""
    data: dict[str, Any] = _adapter(type(record)).dump_python(record, mode="json")
    return data


def from_json(kind: type[Record], data: Mapping[str, Any], where: str = "") -> Record:
    """Build a record from its JSON form.

    Raises:
        InputError: naming ``where``, the field, what was expected and what was found; a field that no
            record of that kind has, at any depth, is an error too.
    """
    place = where or kind.__name__
    check_version(data, place)
    try:
        record: Record = _adapter(kind).validate_python(dict(data), extra="forbid")
    except ValidationError as error:
        name, expected, found = first_problem(error)
        raise InputError(f"{place}: field '{name}': {expected}, found {str(found)[:120]!r}") from error
    return record


def check_version(data: Mapping[str, Any], where: str) -> None:
    """Refuse a record that says it is of another schema version.

    Raises:
        InputError: naming ``where`` and both versions.
    """
    found = data.get("schema_version", SCHEMA_VERSION)
    if found != SCHEMA_VERSION:
        raise InputError(
            f"{where}: field 'schema_version': expected {SCHEMA_VERSION}, found {str(found)[:40]!r}; read it "
            "with the release that wrote it, or write it again with this one"
        )
