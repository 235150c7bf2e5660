"""What the repair agent could do next, and how much each of it is worth.

A definition is worth more the closer it stands to the call in the issue; an edit takes its share of the
definition that it is in; looking at another definition competes with the edits that are left.
"""

import builtins
import collections
import functools
import itertools
import math
import operator
import re
from collections.abc import Iterator
from typing import NamedTuple

from repodojo.policies.repairs import commands
from repodojo.policies.repairs.edits import weigh_edits
from repodojo.policies.repairs.history import Knowledge
from repodojo.policies.repairs.issue import Issue, definition_text
from repodojo.policies.repairs.source import Function, called_names, find_functions

_KNOWN = (
    builtins,
    str,
    list,
    dict,
    set,
    bytes,
    re.Pattern,
    re.Match,
    collections,
    functools,
    itertools,
    math,
    operator,
)
_COMMON = frozenset(name for known in _KNOWN for name in dir(known))
"""Names that are not worth looking up in a project."""
_ASIDE = re.compile(r"(^|/)(tests?|testing|conftest|docs?|examples?)(/|_|\.)|_test\.py$")
_NAMES = 6
_DEPTH = 3
_MUCH = 12
"""Lines of code that are worth working on before reading on."""


class Option(NamedTuple):
    """A command and its worth."""

    command: str
    worth: float


class Place(NamedTuple):
    """A definition to look at: its name, its worth, and where it may be."""

    name: str
    worth: float
    path: str


class Definitions:
    """The definitions seen so far, with their code."""

    def __init__(self, known: Knowledge) -> None:
        self.code = {path: listing.code() for path, listing in known.listings.items()}
        self.functions: dict[str, list[Function]] = {}
        for path, listing in known.listings.items():
            for function in find_functions(listing, self.code[path]):
                self.functions.setdefault(function.name, []).append(function)


def list_options(issue: Issue, known: Knowledge) -> list[Option]:
    """List everything worth doing that has not been done, in a stable order."""
    seen = Definitions(known)
    options: dict[str, float] = {}
    for place in _places(issue, known, seen):
        found = seen.functions.get(place.name, [])
        new = list(_lookups(place, issue, known)) if not found else []
        for function in found:
            code = seen.code[function.path]
            new += [Option(*pair) for pair in weigh_edits(function, code, place.worth, issue, known)]
            new += _continuation(function, code, place.worth, known)
        for command, worth in new:
            options[command] = max(worth, options.get(command, 0.0))
    return [Option(*item) for item in sorted(options.items())]


def _places(issue: Issue, known: Knowledge, seen: Definitions) -> list[Place]:
    """Weigh names: the issue's, the traceback's, and those that their definitions call."""
    places = {name: Place(name, 0.6**i, "") for i, name in enumerate(issue.names[:_NAMES])}
    for depth, frame in enumerate(reversed(known.frames)):
        if frame.function.isidentifier():
            _raise(places, Place(frame.function, 2 * 0.5**depth, frame.path))
    for name, mentions in known.mentions.items():
        for alias in _aliases(name, mentions):
            _raise(places, Place(alias, places[name].worth if name in places else 0.3, ""))
    layer = list(places.values())
    for _ in range(_DEPTH):
        layer = [callee for place in layer for callee in _callees(place, seen) if _raise(places, callee)]
    return sorted(places.values(), key=lambda place: (-place.worth, place.name))


def _raise(places: dict[str, Place], place: Place) -> bool:
    """Keep the worthier of a place and the one known by its name; tell whether it is the new one."""
    if place.name in places and places[place.name].worth >= place.worth:
        return False
    places[place.name] = place
    return True


def _callees(place: Place, seen: Definitions) -> Iterator[Place]:
    for function in seen.functions.get(place.name, []):
        names = [n for n in called_names(function, seen.code[function.path]) if n not in _COMMON]
        for rank, name in enumerate(names):
            yield Place(name, place.worth * 0.5 * 0.85**rank, function.path)


def _aliases(name: str, mentions: list[tuple[str, str]]) -> Iterator[str]:
    for _, text in mentions:
        match = re.search(rf"\b(\w+) as {name}\b|\b{name} = (?:\w+\.)*([A-Za-z_]\w*)", text)
        if match and (match[1] or match[2]) not in _COMMON:
            yield match[1] or match[2]


def _lookups(place: Place, issue: Issue, known: Knowledge) -> Iterator[Option]:
    """Yield the next step towards seeing a definition."""
    first, second = definition_text(place.name), definition_text(place.name, other=True)
    here = commands.view(first, place.path)
    if place.path and here not in known.commands:
        yield Option(here, place.worth * 0.4)
        return
    for text in (first, second):
        if text not in known.located:
            yield Option(commands.look(text), place.worth * 0.4)
            return
        paths = _rank_paths(known.located[text], issue)[:3]
        views = [view for path in paths if (view := commands.view(text, path)) not in known.commands]
        if views:
            yield Option(views[0], place.worth * 0.5)
            return
    if place.name not in known.mentions and place.name in issue.names:
        yield Option(commands.search(place.name), place.worth * 0.2)


def _rank_paths(paths: tuple[str, ...], issue: Issue) -> list[str]:
    """Order files: those of an imported module first, tests left out."""
    parts = {part for module in issue.modules for part in module.split(".")}

    def distance(path: str) -> tuple[int, str]:
        words = re.split(r"[/.]", path.removeprefix("./").removesuffix(".py"))
        return (-sum(word in parts for word in words), path)

    return sorted((path for path in paths if not _ASIDE.search(path)), key=distance)


def _continuation(
    function: Function, code: dict[int, str], worth: float, known: Knowledge
) -> Iterator[Option]:
    """Yield the next lines of a definition whose end has not been seen, worth more while little code has."""
    last = function.numbers[-1]
    command = commands.more(function.path, last)
    if function.complete or function.is_class or last == known.listings[function.path].end:
        return
    if command not in known.commands:
        seen = sum(bool(code[number].strip("\0 ")) for number in function.numbers)
        ahead = any(last < frame.line <= last + commands.VIEW_LINES for frame in known.frames)
        yield Option(command, worth * (1.5 if ahead else 0.6 if seen < _MUCH else 0.35))
