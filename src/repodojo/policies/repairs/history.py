"""Read a conversation back: which commands were given, and what each of them showed.

The policy keeps no memory; what it knows is what stands in the messages.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from repodojo.policies.repairs.commands import VIEW_LINES, first_file, view
from repodojo.policies.repairs.issue import Issue, shows
from repodojo.policies.repairs.source import Listing
from repodojo.types import Message

_BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LOOK = re.compile(r'(?:.*; )?look(?: "([^"]+)")?')
_SEARCH = re.compile(r'grep -rnw "(\w+)" ')
_FILE = re.compile(r"f=(\S+); ")
_VIEW = re.compile(r'f=\S+; code "([^"]+)"')
_PATH = re.compile(r"\./\S+\.py")
_TRY = re.compile(r"(?:f=\S+; )?try(?: \d+)? <<'E'\n(.*)\n(.*)\nE")
_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')
_SAID = re.compile(r"\Aexit code \d+(?:\n|\Z)|^\(no output\)\Z|^as expected(?:\n|\Z)", re.MULTILINE)
"""What the scaffold and its tools add to a command's output."""


@dataclass(frozen=True)
class Frame:
    """One frame of a traceback through the project."""

    path: str
    line: int
    function: str


class Rewrite(NamedTuple):
    """A line of a file, and what it becomes."""

    path: str
    old: str
    new: str


@dataclass
class Knowledge:
    """What a conversation has shown so far."""

    listings: dict[str, Listing] = field(default_factory=dict)
    located: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The files that hold a text, by that text."""
    mentions: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """The file and line of every mention of a name."""
    frames: tuple[Frame, ...] = ()
    commands: set[str] = field(default_factory=set)
    """The commands given, each that shows code with its file."""
    file: str = ""
    """What ``$f`` stands for."""
    at: int = 1
    """What ``$at`` stands for."""
    edits: dict[Rewrite, bool] = field(default_factory=dict)
    """The edits tried, and whether each changed what is printed."""
    done: bool = False
    """Whether the last run printed what it should."""


def read_knowledge(messages: Sequence[Message], issue: Issue) -> Knowledge:
    """Read every command and its output."""
    known = Knowledge()
    for message, answer in itertools.pairwise(messages):
        block = _BLOCK.search(message.content) if message.role == "assistant" else None
        if block and answer.role == "user":
            _learn(known, block[1].rstrip("\n"), _SAID.sub("", answer.content), issue)
    return known


def _learn(known: Knowledge, command: str, output: str, issue: Issue) -> None:
    if match := _FILE.match(command):
        known.file = match[1]
    elif command.startswith("code "):
        command = f"f={known.file}; {command}"
    known.commands.add(command)
    if match := _TRY.fullmatch(command):
        known.edits[Rewrite(known.file, *match.groups())] = not shows(output, issue.actual)
        known.done = shows(output, issue.expected)
    elif match := _LOOK.fullmatch(command):
        text = match[1] or issue.subject
        _learn_look(known, text, output.split("\n"))
        if "run; " in command:
            printed = itertools.takewhile(lambda row: not _PATH.fullmatch(row), output.split("\n"))
            known.done = shows("\n".join(printed), issue.expected)
            known.frames = _project_frames(output, known.located[text])
    elif match := _SEARCH.match(command):
        rows = (row.split(":", 2) for row in output.split("\n") if row.count(":") > 1)
        known.mentions[match[1]] = [(path, text) for path, _, text in rows]
    elif match := _VIEW.fullmatch(command):
        _learn_view(known, match[1], output)


def _learn_look(known: Knowledge, text: str, rows: list[str]) -> None:
    places = [place for place, row in enumerate(rows) if _PATH.fullmatch(row)]
    known.located[text] = tuple(rows[place] for place in places)
    if found := first_file(known.located[text]):
        known.file = found
        known.commands.add(view(text, found))
        _learn_view(known, text, "\n".join(rows[places[-1] + 1 :]))


def _learn_view(known: Knowledge, text: str, output: str) -> None:
    listing = known.listings.setdefault(known.file, Listing(known.file))
    first = listing.learn(output, VIEW_LINES + 1)
    if first and not text.startswith("^"):
        known.at = first


def _project_frames(output: str, paths: tuple[str, ...]) -> tuple[Frame, ...]:
    """Read the traceback's frames in the project, whose root follows from a file that was located."""
    found = [Frame(path, int(line), function) for path, line, function in _FRAME.findall(output)]
    outside = re.compile(r"^<|/lib/python|site-packages|^/tmp/")
    found = [frame for frame in found if not outside.search(frame.path)]
    ends = [path[1:] for path in paths]
    roots = [f.path.removesuffix(end) + "/" for f in found for end in ends if f.path.endswith(end)]
    if not roots:
        return tuple(found)
    return tuple(Frame("./" + f.path.removeprefix(roots[0]).lstrip("/"), f.line, f.function) for f in found)
