"""Requirement lines as projects write them, and what is left of them for an environment; pure functions."""

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from repodojo.environments.recipes.known_names import known_names

_INCLUDE = re.compile(r"(?:-U?r|--requirement)[\s=]*(\S+)")
_OPTIONS = re.compile(r"\s+(?:--hash|--config-settings|--global-option)[\s=].*$")
_CONDITION = re.compile(r"^([\w,!.{}-]*):\s*")
_NO_TESTS = ("flake8-", "types-")
"""Plugins of a linter and stubs for type checkers, as their names begin."""
_PYTHONS = re.compile(r"py\d\.?\d+(?:,py\d\.?\d+)*")


def parse_requirement(line: str) -> Requirement | None:
    """Read one requirement; None where it is none, or names a place instead of a version."""
    text = _OPTIONS.sub("", line.split(" #", maxsplit=1)[0]).strip().rstrip("\\").strip()
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    return None if requirement.url else requirement


def read_requirements(text: str, read: Callable[[str], str | None], folder: str = "") -> list[str]:
    """Return the requirements of a file, those of the files that it includes in their place, each read once.

    Args:
        text: of the file.
        read: gives the text of a file by its path in the repository, or None.
        folder: where the file lies.
    """
    found: list[str] = []
    seen: set[str] = set()
    opened = [(folder, _lines(text))]
    while opened:
        folder, lines = opened[-1]
        line = next(lines, None)
        if line is None:
            opened.pop()
        elif include := _INCLUDE.match(line):
            name = include[1].replace("{toxinidir}/", "")
            places = [posixpath.normpath(posixpath.join(base, name)) for base in (folder, "")]
            for place in places:
                if place in seen:
                    break
                if (inner := read(place)) is not None:
                    seen.add(place)
                    opened.append((posixpath.dirname(place), _lines(inner)))
                    break
        elif line and not line.startswith(("#", "-")):
            found.append(line)
    return found


def _lines(text: str) -> Iterator[str]:
    return map(str.strip, text.replace("\\\n", " ").splitlines())


def tox_dependencies(value: str) -> list[str]:
    """Return the lines of a ``deps`` of tox; a condition on Pythons (``py37: mock``) becomes a marker.

    Of alternatives (``django42: Django~=4.2``, ``django52: Django~=5.2``) the last one counts.
    """
    kept: dict[tuple[str, str], str] = {}
    for line in map(str.strip, value.splitlines()):
        if line and not line.startswith("#") and "{[" not in line:
            condition, rest = _split_condition(line)
            alternative = parse_requirement(rest) if condition and not _PYTHONS.fullmatch(condition) else None
            key = ("name", canonicalize_name(alternative.name)) if alternative else ("line", line)
            kept.pop(key, None)
            kept[key] = _with_marker(condition, rest)
    return list(kept.values())


def _split_condition(line: str) -> tuple[str, str]:
    found = _CONDITION.match(line)
    return ("", line) if found is None else (found[1], line[found.end() :])


def _with_marker(condition: str, rest: str) -> str:
    if not _PYTHONS.fullmatch(condition) or rest.startswith("-") or ";" in rest:
        return rest
    pythons = re.findall(r"py(\d)\.?(\d+)", condition)
    return f"{rest}; " + " or ".join(f"python_version == '{one}.{two}'" for one, two in pythons)


def for_tests(lines: Iterable[str], own: str, called: Collection[str] = ()) -> tuple[str, ...]:
    """Return the requirements that tests may need: no disturbing plugin, no tool, not the project itself.

    Tools that tests call are kept.
    """
    kept: dict[str, None] = {}
    names = known_names()
    left_out = {*names.tools.difference(called), *names.disturbing, canonicalize_name(own or "-")}
    for requirement in parse_all(lines):
        name = canonicalize_name(requirement.name)
        if name not in left_out and not name.startswith(_NO_TESTS):
            kept[str(requirement)] = None
    return tuple(sorted(kept))


def parse_all(lines: Iterable[str]) -> Iterator[Requirement]:
    """Yield what can be read of the lines."""
    return (found for line in lines if (found := parse_requirement(line)) is not None)
