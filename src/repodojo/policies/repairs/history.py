"""Read a conversation back: which commands were given, and what each of them showed.

The policy keeps no memory; what it knows is what stands in the messages.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from repodojo.policies.repairs.commands import VIEW_LINES, first_file, view
from repodojo.policies.repairs.issue import Issue, shows
from repodojo.policies.repairs.source import Listing
from repodojo.types import Message

_BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LOOK = re.compile(r'(?:.*; )?look "([^"]+)"$')
_SEARCH = re.compile(r'grep -rnw "(\w+)" ')
_FILE = re.compile(r"f=(\S+); ")
_VIEW = re.compile(r'f=(\S+); code "[^"]+"$')
_PATH = re.compile(r"\./\S+\.py")
_TRY = re.compile(r"f=(\S+); try ((['\"]).*\3)(?: \d+)?$")
_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')
_HEADER = re.compile(r"\Aexit code \d+(?:\n|\Z)|^\(no output\)\Z", re.MULTILINE)


@dataclass(frozen=True)
class Frame:
    """One frame of a traceback through the project."""

    path: str
    line: int
    function: str


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
    """The last lines of the commands given, each with the file that it worked on."""
    file: str = ""
    """What ``$f`` stands for."""
    edits: dict[str, bool] = field(default_factory=dict)
    """The edits tried, and whether each changed what is printed."""
    done: bool = False
    """Whether the last run printed what it should."""


def read_knowledge(messages: Sequence[Message], issue: Issue) -> Knowledge:
    """Read every command and its output."""
    known = Knowledge()
    for message, answer in itertools.pairwise(messages):
        block = _BLOCK.search(message.content) if message.role == "assistant" else None
        if block and answer.role == "user":
            _learn(known, block[1].rstrip("\n"), _HEADER.sub("", answer.content), issue)
    return known


def _learn(known: Knowledge, command: str, output: str, issue: Issue) -> None:
    last = command.rsplit("\n", maxsplit=1)[-1]
    if match := _FILE.match(last):
        known.file = match[1]
    elif last.startswith(("code ", "try ")):
        last = f"f={known.file}; {last}"
    known.commands.add(last)
    if match := _TRY.match(last):
        known.edits[f"sed -i {match[2]} {match[1]}"] = not shows(output, issue.actual)
        known.done = shows(output, issue.expected)
    elif match := _LOOK.match(last):
        _learn_look(known, match[1], output.split("\n"))
        if "run; " in last:
            printed = "\n".join(itertools.takewhile(lambda row: not _PATH.fullmatch(row), output.split("\n")))
            known.done = shows(printed, issue.expected)
            known.frames = _project_frames(output, known.located[match[1]])
    elif match := _SEARCH.search(command):
        rows = (row.split(":", 2) for row in output.split("\n") if row.count(":") > 1)
        known.mentions[match[1]] = [(path, text) for path, _, text in rows]
    elif match := _VIEW.match(last):
        known.listings.setdefault(match[1], Listing(match[1])).learn(output, VIEW_LINES + 1)


def _learn_look(known: Knowledge, text: str, rows: list[str]) -> None:
    places = [place for place, row in enumerate(rows) if _PATH.fullmatch(row)]
    known.located[text] = tuple(rows[place] for place in places)
    if found := first_file(known.located[text]):
        known.file = found
        known.commands.add(view(text, known.file))
        listing = known.listings.setdefault(known.file, Listing(known.file))
        listing.learn("\n".join(rows[places[-1] + 1 :]), VIEW_LINES + 1)


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
