"""Reads a git diff file by file and keeps what a model may change.

Dropped, so that the base's own version counts: tests and their helpers, whatever the test patch touches,
what configures pytest or Python's start (``conftest.py``, ``pytest.ini``, ``tox.ini``, ``setup.cfg``,
``pyproject.toml``, ``sitecustomize.py``, ...; whole files, since a part cannot be told from the rest
safely), bytecode, and new modules that would be imported in place of the standard library or of an
installed package. A file that the gold patch changes is kept in any case. Refused as a whole: a path
outside the repository, a symbolic link, a submodule, a file without a ``diff --git`` line of its own.
"""

import hashlib
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

from repodojo.errors import InputError

_TEST_FOLDERS = frozenset({"test", "tests", "testing"})
_TEST_FILE = re.compile(r"(test_.*|.*_test|tests?|conftest)\.py")
_CONFIGURATION = frozenset(
    {
        "conftest.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", "setup.cfg",
        "pyproject.toml", "sitecustomize.py", "usercustomize.py", ".coveragerc", ".gitattributes",
    }
)  # fmt: skip
_BYTECODE = (".pyc", ".pyo", ".pth", ".so")
_ESCAPE = re.compile(rb'\\([abfnrtv"\\]|[0-7]{3})')
_ESCAPED = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_REFUSED_MODES = ("120000", "160000")


@dataclass(frozen=True)
class FilePatch:
    """What a patch does to one file."""

    old_path: str
    new_path: str
    """Differs from ``old_path`` in a rename or a copy."""
    text: str
    created: bool

    @property
    def paths(self) -> frozenset[str]:
        """Every path that it names."""
        return frozenset({self.old_path, self.new_path})


def parse_patch(patch: str) -> list[FilePatch]:
    """Read a git diff; text before the first file is left out.

    Raises:
        InputError: it names a path outside the repository, a link or a submodule, or has a header that says
        nothing.
    """
    starts = [match.start() for match in re.finditer(r"^diff --git ", patch, re.MULTILINE)]
    return [_parse_file(patch[start:end]) for start, end in pairwise([*starts, len(patch)])]


def touched_paths(patch: str) -> frozenset[str]:
    """Return every path that a git diff names."""
    return frozenset(path for file in parse_patch(patch) for path in file.paths)


def admissible_patch(
    model_patch: str,
    gold_patch: str,
    test_patch: str,
    test_files: Iterable[str],
    packages: Collection[str] = (),
) -> str:
    """Return the model's patch without what it may not change; ``packages`` are the installed modules.

    Raises:
        InputError: the patch is refused as a whole.
    """
    gold = touched_paths(gold_patch)
    tests = touched_paths(test_patch) | set(test_files)
    kept = [
        file.text
        for file in parse_patch(model_patch)
        if file.paths <= gold
        or not (file.paths & tests or any(map(is_protected, file.paths)) or shadows(file, packages))
    ]
    return "".join(text if text.endswith("\n") else text + "\n" for text in kept)


def is_protected(path: str) -> bool:
    """Whether a path is a test, a test's helper, or configures pytest or Python's start."""
    *folders, name = PurePosixPath(path).parts
    return (
        configures_tests(path)
        or name.endswith(_BYTECODE)
        or _TEST_FILE.fullmatch(name) is not None
        or not _TEST_FOLDERS.isdisjoint(folders)
    )


def configures_tests(path: str) -> bool:
    """Whether a file configures pytest or Python's start, by its name."""
    return PurePosixPath(path).name in _CONFIGURATION


def shadows(file: FilePatch, packages: Collection[str]) -> bool:
    """Whether a new file would be imported in place of the standard library or of an installed package."""
    first, *rest = PurePosixPath(file.new_path.removeprefix("src/")).parts
    module = first.removesuffix(".py")
    importable = bool(rest) or first.endswith(".py")
    return file.created and importable and (module in sys.stdlib_module_names or module in packages)


def patch_digest(patch: str) -> str:
    """Return the identity of a patch: what it changes, whatever surrounds it."""
    return hashlib.sha256(patch.encode("utf-8", errors="surrogateescape")).hexdigest()[:32]


def _parse_file(text: str) -> FilePatch:
    header = re.split(r"^(?:@@ |GIT binary patch)", text, maxsplit=1, flags=re.MULTILINE)[0].split("\n")
    fields = [stripped for line in header[1:] if (stripped := line.rstrip("\r"))]
    if any(line.startswith("--- ") for line in _outside_hunks(text.split("\n")[len(header) - 1 :])):
        raise InputError(f"patch: {header[0]}: another file follows without a 'diff --git' line")
    if any(line.endswith(_REFUSED_MODES) for line in fields if " mode " in line or line.startswith("index ")):
        raise InputError(f"patch: {header[0]}: symbolic links and submodules are refused")
    old = _field(fields, ("rename from ", "copy from ")) or _side(fields, "--- ", "a/")
    new = _field(fields, ("rename to ", "copy to ")) or _side(fields, "+++ ", "b/")
    if old is None and new is None:
        old = new = _same_path(header[0])
    first, last = old or new or "", new or old or ""
    for path in (first, last):
        _check_path(path, header[0])
    return FilePatch(first, last, text, any(line.startswith("new file mode") for line in fields))


def _outside_hunks(lines: list[str]) -> Iterator[str]:
    """Yield the lines that belong to no hunk, by the numbers of lines that hunks announce."""
    old = new = 0
    for line in lines:
        hunk = _HUNK.match(line)
        if old <= 0 and new <= 0:
            if hunk:
                old, new = (1 if count is None else int(count) for count in hunk.groups())
            else:
                yield line
        else:
            old -= line[:1] not in ("+", "\\")
            new -= line[:1] not in ("-", "\\")


def _field(lines: list[str], prefixes: tuple[str, ...]) -> str | None:
    found = (
        _unquote(line[len(prefix) :]) for line in lines for prefix in prefixes if line.startswith(prefix)
    )
    return next(found, None)


def _side(lines: list[str], marker: str, prefix: str) -> str | None:
    value = _field(lines, (marker,))
    if value is None or value == "/dev/null":
        return None
    if not value.startswith(prefix):
        raise InputError(f"patch: path {value!r} does not start with {prefix!r}")
    return value.removeprefix(prefix)


def _same_path(line: str) -> str:
    """Read the path of a file without hunks from its ``diff --git a/PATH b/PATH`` line."""
    names = line.removeprefix("diff --git ")
    half = len(names) // 2
    first, second = _unquote(names[:half]), _unquote(names[half + 1 :])
    if names[half : half + 1] != " " or first[:2] != "a/" or second[:2] != "b/" or first[2:] != second[2:]:
        raise InputError(f"patch: cannot tell which file {line!r} is about")
    return first[2:]


def _unquote(name: str) -> str:
    name = name.rstrip("\t")
    if len(name) < 2 or not (name.startswith('"') and name.endswith('"')):
        return name
    data = name[1:-1].encode("utf-8", errors="surrogateescape")
    return _ESCAPE.sub(_unescape, data).decode("utf-8", errors="surrogateescape")


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8) & 0xFF]) if len(code) == 3 else _ESCAPED.get(code, code)


def _check_path(path: str, line: str) -> None:
    parts = path.split("/")
    if (
        path.startswith("/")
        or "\0" in path
        or any(part in ("", ".", "..") or part.lower() == ".git" for part in parts)
    ):
        raise InputError(f"patch: {line}: the path {path!r} is not inside the repository")
