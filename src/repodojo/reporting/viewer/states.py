"""What state of the repository each turn of an attempt leaves, as a digest of the edits so far.

A trajectory holds commands and the last patch, not the files after each turn. So a part of a command that
only looks leaves the state as it is, one that throws all edits away makes it clean again, and every other one
is an edit. Two attempts are in one state if they made the same edits in the same order; two ways to the same
files count as two states, and a script outside of the repository is taken to change nothing in it.
"""

import hashlib
import re
import shlex
from collections.abc import Iterator, Sequence

from repodojo.types import Trajectory

LOOKING = frozenset(
    {
        *("ls", "cat", "head", "tail", "grep", "egrep", "fgrep", "rg", "find", "wc", "pwd", "echo", "which"),
        *(
            "type",
            "tree",
            "stat",
            "file",
            "diff",
            "nl",
            "less",
            "sort",
            "uniq",
            "cut",
            "printf",
            "true",
            "cd",
        ),
        *("env", "awk", "pytest", "export", "set", "sleep", "mkdir", "git diff", "git log", "git show"),
        *("git status", "git grep", "python -m pytest", "python3 -m pytest", "python -m unittest"),
    }
)
"""Commands that change no file of the repository, unless they write with ``>`` or an option says so."""
CLEAN = ""
"""The state before any edit."""
_WRITES = re.compile(
    r"(?<![0-9&<>=-])>{1,2}\s*(?![&>\s]|/dev/null|/tmp/)"
    r"|\btee\b|-delete\b|-exec|--in-place|\bsed\b.*\s-\w*i"
)
_RESETS = re.compile(r"git (?:checkout (?:-\w+ )*(?:-- )?\.|reset --hard(?: HEAD)?|stash)")
_OUTSIDE = re.compile(r"python3? /tmp/\S+.*")
_SEPARATOR = re.compile(r"\s*(?:&&|\|\||[;|\n])\s*")
_CALL = re.compile(r"<function=(\w+)>\n?(.*?)</function>", re.DOTALL)
_COMMAND = re.compile(r"<parameter=command>\s*(.*?)\s*</parameter>", re.DOTALL)
_ASSIGNMENT = re.compile(r"(\w+)=(\S*)")


def repository_states(trajectory: Trajectory) -> tuple[str, ...]:
    """Return the state after each turn."""
    variables: dict[str, str] = {}
    edits: list[str] = []
    states = []
    for turn in trajectory.turns:
        for part in _parts(turn.command or ""):
            if found := _ASSIGNMENT.fullmatch(part):
                variables[found[1]] = found[2]
            elif _RESETS.fullmatch(part):
                edits.clear()
            elif may_edit(part):
                edits.append(_expanded(part, variables))
        states.append(_digest("\0".join(edits)))
    return tuple(states)


def patch_state(patch: str) -> str:
    """Return the state that a patch leaves."""
    return _digest(patch.strip())


def patch_states(trajectories: Sequence[Trajectory]) -> list[tuple[str, ...]]:
    """Return the states of attempts at one instance, each that led to a patch under the patch's own name."""
    all_states = [repository_states(each) for each in trajectories]
    pairs = list(zip(all_states, trajectories, strict=True))
    named = {
        states[-1]: patch_state(each.model_patch)
        for states, each in pairs
        if states and states[-1] != CLEAN and each.model_patch.strip()
    }
    return [
        tuple((named | _own(states, each)).get(state, state) for state in states) for states, each in pairs
    ]


def first_fix(states: Sequence[str], fixes: frozenset[str]) -> int | None:
    """Return the first turn that left a state whose patch the tests passed; None without one."""
    return next((number for number, state in enumerate(states) if state in fixes), None)


def may_edit(part: str) -> bool:
    """Whether a simple shell command may change a file of the repository."""
    if not part or _OUTSIDE.fullmatch(part):
        return False
    return bool(_WRITES.search(part)) or not _looks(part)


def _parts(command: str) -> Iterator[str]:
    """Yield the simple shell commands and the editor's calls of one turn, without those that show a file."""
    calls = _CALL.findall(command)
    for name, parameters in calls or [("execute_bash", f"<parameter=command>{command}</parameter>")]:
        found = _COMMAND.search(parameters)
        if name == "execute_bash" and found:
            yield from _SEPARATOR.split(found[1])
        elif found and found[1] != "view":
            yield f"{name} {parameters}"


def _own(states: Sequence[str], trajectory: Trajectory) -> dict[str, str]:
    return (
        {states[-1]: patch_state(trajectory.model_patch)} if states and trajectory.model_patch.strip() else {}
    )


def _looks(part: str) -> bool:
    try:
        words = shlex.split(part, comments=True)
    except ValueError:
        return False
    while words and _ASSIGNMENT.fullmatch(words[0]):
        words = words[1:]
    if not words or words[0] == "sed":
        return not words or "-n" in words[1:2]
    return any(" ".join(words[:count]) in LOOKING for count in (1, 2, 3))


def _expanded(part: str, variables: dict[str, str]) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda found: variables.get(found[1], found[0]), part)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", errors="replace")).hexdigest()[:12] if text else CLEAN
