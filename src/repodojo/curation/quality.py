"""How a resolved trajectory got there: flags of its process, each with what was seen.

A rule of thumb over commands and exit codes: it reads no mind and judges no patch. A command edits where it
writes a file of the repository as far as its text shows, reads where it prints one, and verifies where it
runs a test or a program.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, get_args

from repodojo.grading.patches import is_protected, touched_paths
from repodojo.rollouts.stuck import repeats_action
from repodojo.types import Trajectory

Flag = Literal["loop", "test_edit", "no_verification", "errors_ignored", "lucky_pass"]
FLAGS: tuple[Flag, ...] = get_args(Flag)

_EDIT = re.compile(
    r"\bsed\s+(?:-\w+\s+)*-\w*i|\btee\s|\bpatch\s+-|\bgit\s+apply\b"
    r"|\bstr_replace\b|\binsert\b|\bundo_edit\b|\bcreate</parameter>"
    r"|\bwrite_text\(|(?<![0-9&>])>>?\s*(?!&|/tmp/|/dev/)[\w./\"'$]|\b(?:mv|cp|rm)\s"
)
_READ = re.compile(
    r"\b(?:cat|head|tail|less|nl|grep|rg|awk|view)\b|\bsed\s+-n|\bgit\s+(?:show|diff|grep)\b|\bopen\("
)
_VERIFY = re.compile(
    r"\b(?:pytest|py\.test|unittest|tox|nox|doctest|python[\d.]*\s+(?:-[cm]\s|-\s|[\w./$\"'])|make\s+\w*test)"
)
_SHOWN = 60


class _Seen(NamedTuple):
    """Something that a command does: the turn, and the place in its text."""

    turn: int
    at: int


def quality_flags(trajectory: Trajectory) -> dict[Flag, str]:
    """Return the flags of a trajectory, with what was seen."""
    edits, reads, checks = (list(_find(pattern, trajectory)) for pattern in (_EDIT, _READ, _VERIFY))
    found: dict[Flag, str | None] = {
        "loop": _loop(trajectory),
        "test_edit": _test_edit(trajectory),
        "no_verification": _unverified(trajectory, edits, checks),
        "errors_ignored": _failed_check(trajectory, edits, checks),
        "lucky_pass": _lucky(trajectory, edits, reads),
    }
    return {flag: seen for flag, seen in found.items() if seen is not None}


def _loop(trajectory: Trajectory) -> str | None:
    commands = [turn.command for turn in trajectory.turns]
    for end in range(3, len(commands) + 1):
        if repeats_action(commands[:end]):
            return f"turns {end - 2} to {end} are the same: {_command(trajectory, end - 1)}"
    return None


def _test_edit(trajectory: Trajectory) -> str | None:
    paths = sorted(path for path in touched_paths(trajectory.model_patch) if is_protected(path))
    return f"the patch touches {', '.join(paths)}" if paths else None


def _unverified(trajectory: Trajectory, edits: list[_Seen], checks: list[_Seen]) -> str | None:
    """Nothing was run after the last edit."""
    if not edits or any(check > edits[-1] for check in checks):
        return None
    turn = edits[-1].turn
    return f"nothing was run after the last edit, turn {turn + 1}: {_command(trajectory, turn)}"


def _failed_check(trajectory: Trajectory, edits: list[_Seen], checks: list[_Seen]) -> str | None:
    """The last check after the last edit failed, and the patch was left as it was."""
    later = [check for check in checks if not edits or check > edits[-1]]
    if not later or trajectory.turns[later[-1].turn].exit_code in (0, None):
        return None
    turn = later[-1].turn
    code = trajectory.turns[turn].exit_code
    return f"the last check, turn {turn + 1}, exited with {code}: {_command(trajectory, turn)}"


def _lucky(trajectory: Trajectory, edits: list[_Seen], reads: list[_Seen]) -> str | None:
    """The tests pass, but not because the agent knew what it did."""
    if trajectory.exit_status != "Submitted":
        return f"the patch was never handed in: {trajectory.exit_status}"
    if edits and not any(read < edits[0] for read in reads):
        turn = edits[0].turn
        return f"edited before anything was read, turn {turn + 1}: {_command(trajectory, turn)}"
    return None


def _find(pattern: re.Pattern[str], trajectory: Trajectory) -> Iterator[_Seen]:
    for number, turn in enumerate(trajectory.turns):
        yield from (_Seen(number, match.start()) for match in pattern.finditer(turn.command or ""))


def _command(trajectory: Trajectory, turn: int) -> str:
    text = " ".join((trajectory.turns[turn].command or "").split())
    return f"`{text[:_SHOWN]}{'...' if len(text) > _SHOWN else ''}`"
