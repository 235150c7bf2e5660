"""Which of a project's own pytest options count in graded runs: those without which tests are not collected.

Options that colour, select, repeat, stop or fake are left out, whoever wrote them: only names and values of
a short list pass. The files are looked for as pytest does, in the folder where it is started.
"""

import re
import shlex
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from configparser import ConfigParser
from configparser import Error as ConfigError
from typing import Any

_INI_SECTIONS: Mapping[str, str] = {
    "pytest.ini": "pytest",
    ".pytest.ini": "pytest",
    "tox.ini": "pytest",
    "setup.cfg": "tool:pytest",
}
_FILES = (
    "pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg",
)  # fmt: skip
"""In the order in which pytest looks; the first that speaks of pytest counts, alone."""
_ALWAYS_COUNT = ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml")
_ALLOWED: Mapping[str, tuple[re.Pattern[str], str]] = {
    "--import-mode": (re.compile(r"prepend|append|importlib"), "--import-mode={}"),
    "--asyncio-mode": (re.compile(r"auto|strict"), "-oasyncio_mode={}"),
    "--ds": (re.compile(r"[A-Za-z_][\w.]*"), "-oDJANGO_SETTINGS_MODULE={}"),
    "--dc": (re.compile(r"[A-Za-z_][\w.]*"), "-oDJANGO_CONFIGURATION={}"),
    "-p": (re.compile(r"pytester"), "-p{}"),
}
"""By option: which values pass, and how they are told to pytest. Options of plugins become settings, of which
pytest minds no unknown one, so that a plugin that is not there is no error."""


def collection_options(read: Callable[[str], str | None]) -> list[str]:
    """Return the arguments that pytest is given for the project's own options.

    Args:
        read: gives the text of a file by its path in the repository, or None.
    """
    return passing_options(_own_options(read))


def passing_options(words: Sequence[str]) -> list[str]:
    """Return what of pytest's command line counts, as it is told to pytest."""
    return [
        form.format(value)
        for name, value in _pairs(words)
        for pattern, form in [_ALLOWED[name]]
        if pattern.fullmatch(value)
    ]


def _own_options(read: Callable[[str], str | None]) -> list[str]:
    """Return ``addopts`` of the file that counts."""
    for path in _FILES:
        text = read(path)
        settings = None if text is None else _settings(path, text)
        if settings is not None:
            return _words(settings.get("addopts", ()))
    return []


def _settings(path: str, text: str) -> Mapping[str, Any] | None:
    """Return what a file says of pytest; None where it says nothing, or cannot be read."""
    try:
        found = _toml_settings(path, text) if path.endswith(".toml") else _ini_settings(path, text)
    except (ValueError, ConfigError, AttributeError, RecursionError):
        found = None
    return {} if found is None and path in _ALWAYS_COUNT else found


def _toml_settings(path: str, text: str) -> Mapping[str, Any] | None:
    data = tomllib.loads(text)
    if path != "pyproject.toml":
        found = data.get("pytest")
    else:
        pytest_tables = data.get("tool", {}).get("pytest")
        found = pytest_tables and pytest_tables.get("ini_options", pytest_tables)
    return found if isinstance(found, dict) else None


def _ini_settings(path: str, text: str) -> Mapping[str, Any] | None:
    parser = ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    section = _INI_SECTIONS[path]
    return dict(parser[section]) if parser.has_section(section) else None


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        try:
            return shlex.split(value)
        except ValueError:
            return []
    return [word for word in value if isinstance(word, str)] if isinstance(value, Sequence) else []


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield options that may count with their values, written apart, with ``=`` or (``-p``) together."""
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if word in _ALLOWED:
            yield word, words[place + 1] if place + 1 < len(words) else ""
        elif equals and name in _ALLOWED:
            yield name, value
        elif word.startswith("-p"):
            yield "-p", word[2:]
