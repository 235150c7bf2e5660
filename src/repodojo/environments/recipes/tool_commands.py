"""Reads what tools and CI of a repository say of system packages, variables and options of tests; pure.

Of `apt-get install` lines counts what can be a Debian package and no Python's, but for programs that every
sandbox has and what documentation and releases are made with (`known_names`). Of pytest's command lines count
the options without which tests are not collected, as of a project's own configuration. Commands that make a
repository ready are not looked for: what a build adds, the build of its wheel shows.
"""

import ast
import re
import shlex
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from configparser import ConfigParser
from typing import NamedTuple

from repodojo.environments.layers import WORKDIR
from repodojo.environments.recipes.known_names import known_names
from repodojo.environments.recipes.recipe import is_system_package
from repodojo.environments.recipes.test_command import may_be_set
from repodojo.grading.own_options import passing_options

_APT = re.compile(r"\bapt(?:-get)?\s+(?:-\S+\s+)*install\s+([^\n|;&>#]+)")
_PYTEST = re.compile(
    r"(?:^|[\s;&|'\"])(?:python\S*\s+-m\s+)?(?:pytest|py\.test)\s+([^\n|;&>]*)", re.MULTILINE
)
_STEERING = (
    "PYTHON",
    "PYTEST",
    "COV",
    "TOX",
    "PIP_",
    "UV_",
    "FORCE_COLOR",
    "NO_COLOR",
    "PY_COLORS",
    "CLICOLOR",
)
"""Of interpreters, installers and terminals, as variables begin: nothing that tests need."""
_MOST_OPTIONS = 10
_JOINED = re.compile(r"(-[A-Za-z])(.+)")
_SET = re.compile(r"^([A-Za-z_]\w*)\s*=\s*(.*)$", re.ASCII)
_TESTS = re.compile(r"(?:$|py|test|unit|default)")
"""How environments of tox and hatch, and sessions of nox, begin that run all tests in the usual way."""


class Found(NamedTuple):
    """What tools say of how tests are run."""

    system_packages: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    options: tuple[str, ...] = ()
    """As a recipe gives them to pytest."""


NOTHING_FOUND = Found()


def merge_found(parts: Iterable[Found]) -> Found:
    """Return what several files say; the first that sets a variable, or gives options, counts."""
    every = list(parts)
    packages = sorted({name for part in every for name in part.system_packages})
    variables = {name: value for part in reversed(every) for name, value in part.variables}
    options = next((part.options for part in every if part.options), ())
    return Found(tuple(packages), tuple(sorted(variables.items())), options)


def read_shell(text: str) -> Found:
    """Read a CI file, a Dockerfile or a Makefile: lines of a shell, and Travis' list of packages."""
    joined = re.sub(r"\\\r?\n", " ", text)
    words = [word for line in _APT.findall(joined) for word in _split(line)]
    words += _listed_packages(text)
    packages = (word.partition("=")[0] for word in words)
    return Found(tuple(filter(_is_wanted, packages)), (), _pytest_options(_PYTEST.findall(joined)))


def _listed_packages(text: str) -> Iterator[str]:
    """Yield the items of the list ``packages`` of Travis' addon ``apt``."""
    lines = [line.strip() for line in text.splitlines()]
    if "apt:" not in lines:
        return
    listed = False
    for line in lines:
        if listed and line.startswith("- "):
            yield line[2:].strip(" '\"")
        elif line:
            listed = line == "packages:"


def read_tox_commands(text: str) -> Found:
    """Read tox.ini: ``setenv`` and pytest's options of the environments that run tests."""
    parser = ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    sections = [
        parser[name]
        for name in parser.sections()
        if name.partition(":")[0] == "testenv" and _TESTS.match(name.partition(":")[2])
    ]
    lines = [line for each in sections for key in ("setenv", "set_env") for line in _lines(each, key)]
    commands = "\n".join(line for each in sections for line in _lines(each, "commands"))
    return Found((), tuple(_variables(lines)), _pytest_options(_PYTEST.findall(commands)))


def read_nox_commands(text: str) -> Found:
    """Read noxfile.py: literal variables, and literal words of pytest, in sessions whose name says test."""
    variables: list[str] = []
    commands: list[list[str]] = []
    for function in ast.walk(ast.parse(text)):
        if not isinstance(function, ast.FunctionDef) or not _TESTS.match(function.name):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "run":
                words = [part.value for part in node.args if isinstance(part, ast.Constant)]
                commands.append([word for word in words if isinstance(word, str)])
                variables += [
                    line for word in node.keywords if word.arg == "env" for line in _items(word.value)
                ]
    pytest = (" ".join(map(shlex.quote, words[1:])) for words in commands if words[:1] == ["pytest"])
    return Found((), tuple(_variables(variables)), _pytest_options(pytest))


def read_pyproject_commands(text: str) -> Found:
    """Read pyproject.toml: tox's configuration, in either form, and hatch's environments."""
    tool = tomllib.loads(text).get("tool", {})
    tox, hatch = tool.get("tox", {}), tool.get("hatch", {}).get("envs", {})
    usual = [each for name, each in hatch.items() if _TESTS.match(name)]
    lines: list[str] = []
    commands: list[str] = []
    for each in (tox.get("env_run_base", {}), *usual):
        variables = {**each.get("set_env", {}), **each.get("env-vars", {})}
        lines += [f"{name}={value}" for name, value in variables.items() if isinstance(value, str)]
        listed = [*each.get("commands", ()), *each.get("scripts", {}).values()]
        commands += [
            " ".join(filter(_is_text, part)) if isinstance(part, list) else str(part) for part in listed
        ]
    found = Found((), tuple(_variables(lines)), _pytest_options(_PYTEST.findall("\n".join(commands))))
    return merge_found([read_tox_commands(tox.get("legacy_tox_ini", "")), found])


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _items(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            texts = [part.value for part in (key, value) if isinstance(part, ast.Constant)]
            if len(texts) == 2 and all(isinstance(text, str) for text in texts):
                yield "=".join(map(str, texts))


def _lines(section: Mapping[str, str], key: str) -> list[str]:
    return [line.strip() for line in section.get(key, "").splitlines()]


def _variables(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield what is set to a plain text, and steers neither Python nor tools."""
    for line in lines:
        found = _SET.match(line)
        if found is None:
            continue
        name, value = (
            found[1],
            found[2].strip().replace("{toxinidir}", WORKDIR).replace("{tox_root}", WORKDIR),
        )
        if "{" not in value and not name.startswith(_STEERING) and may_be_set(name, value):
            yield name, value


def _pytest_options(commands: Iterable[str]) -> tuple[str, ...]:
    """Return the options that count of the first command that has some."""
    for command in commands:
        if passing := passing_options(_split(command))[:_MOST_OPTIONS]:
            pairs = (_JOINED.fullmatch(word) if not word.startswith("--") else None for word in passing)
            words = zip(passing, pairs, strict=True)
            return tuple(part for word, pair in words for part in (pair.groups() if pair else (word,)))
    return ()


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=False)
    except ValueError:
        return line.split()


def _is_wanted(name: str) -> bool:
    """Whether a word is a package that tests may need: one of the known is not, nor one that begins so."""
    left_out = (name == known or name.startswith(f"{known}-") for known in known_names().system)
    return is_system_package(name) and not any(left_out)


READERS: Mapping[str, Callable[[str], Found]] = {
    "tox.ini": read_tox_commands,
    "noxfile.py": read_nox_commands,
    "pyproject.toml": read_pyproject_commands,
}
"""By file; CI files, Dockerfiles and Makefiles are read by `read_shell`."""
SHELL_FILES = ("Dockerfile", ".devcontainer/Dockerfile", "docker/Dockerfile", "Makefile")
