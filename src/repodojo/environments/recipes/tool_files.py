"""Reads tox.ini, noxfile.py and CI files: packages that tests are run with, and on which Pythons."""

import ast
import re
import shlex
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from typing import NamedTuple

from repodojo.environments.recipes.requirement_lines import read_requirements, tox_dependencies

_PY_FACTOR = re.compile(r"\bpy\{?(3)(\d+)\b|(?<![\d.])(3\.\d{1,2})(?![\d.])")
_NOT_TESTS = re.compile(
    r"lint|doc|mypy|typ|format|style|flake|cov|release|build|pre-?commit|pkg|publish|black"
)
_CI_PYTHON = re.compile(r"(?<![\d.\w-])(3\.\d{1,2})(?:-dev)?(?=['\"\s,\]]|$)")
_PIP = re.compile(r"pip3?\s+install\s+([^\n|;&>]+)")
_NAME_OR_PIN = re.compile(r"[A-Za-z0-9][\w.-]*(?:\[[\w,-]+\])?(?:[=<>!~]=?[\w.*,<>=!~]+)?")
_WITH_VALUE = frozenset(
    {"-e", "--editable", "-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f", "--find-links"}
)
_FILE_NEXT = frozenset({"-r", "-Ur", "--requirement"})
_FILE = re.compile(r"(?:-U?r|--requirement=)([^-\s].*)")


class ToolFile(NamedTuple):
    """What such a file says."""

    requirements: tuple[str, ...]
    pythons: tuple[str, ...]


def read_tox(text: str, read: Callable[[str], str | None]) -> ToolFile:
    """Read tox.ini: ``deps`` of the environments that run tests."""
    parser = ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    found: list[str] = []
    for section in parser.sections():
        name = section.partition(":")[2]
        if section.partition(":")[0] == "testenv" and not _NOT_TESTS.search(name):
            lines = tox_dependencies(parser.get(section, "deps", fallback=""))
            found += read_requirements("\n".join(lines), read)
    names = parser.get("tox", "envlist", fallback="") or parser.get("tox", "env_list", fallback="")
    return ToolFile(tuple(dict.fromkeys(found)), tuple(_pythons(names)))


def _pythons(names: str) -> Iterator[str]:
    for old, minor, dotted in _PY_FACTOR.findall(names):
        yield dotted or f"{old}.{minor}"
    for start, listed in re.findall(r"\bpy(3)?\{([\d,\s]+)\}", names):
        for item in listed.split(","):
            digits = f"{start}{item.strip()}"
            if digits.startswith("3") and len(digits) > 1:
                yield f"3.{digits[1:]}"


def read_noxfile(text: str, read: Callable[[str], str | None]) -> ToolFile:
    """Read noxfile.py: literal arguments of ``install`` in sessions whose name says test."""
    found: list[str] = []
    pythons: list[str] = []
    for function in ast.walk(ast.parse(text)):
        if not isinstance(function, ast.FunctionDef) or _NOT_TESTS.search(function.name):
            continue
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "install":
                words = [
                    part.value
                    for part in call.args
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                ]
                found += _pip_words(words, read)
        pythons += [
            part.value
            for node in function.decorator_list
            for part in ast.walk(node)
            if isinstance(part, ast.Constant)
            and isinstance(part.value, str)
            and _CI_PYTHON.fullmatch(part.value)
        ]
    return ToolFile(tuple(dict.fromkeys(found)), tuple(pythons))


def _pip_words(words: list[str], read: Callable[[str], str | None]) -> list[str]:
    """Return the requirements among the arguments of ``pip install``."""
    found: list[str] = []
    for position, word in enumerate(words):
        before = words[position - 1] if position else ""
        if before in _FILE_NEXT:
            found += read_requirements(f"-r {word}", read)
        elif attached := _FILE.fullmatch(word):
            found += read_requirements(f"-r {attached[1]}", read)
        elif before not in _WITH_VALUE and _NAME_OR_PIN.fullmatch(word) and "/" not in word:
            found.append(word)
    return found


def read_ci(text: str, read: Callable[[str], str | None]) -> ToolFile:
    """Read a CI file: the packages of ``pip install`` lines, and Python versions."""
    found: list[str] = []
    for line in _PIP.findall(text):
        try:
            words = shlex.split(line.strip().strip("'\""))
        except ValueError:
            words = line.split()
        found += [word for word in _pip_words(words, read) if word.lower() not in (".", "pip")]
    return ToolFile(tuple(dict.fromkeys(found)), tuple(dict.fromkeys(_CI_PYTHON.findall(text))))
