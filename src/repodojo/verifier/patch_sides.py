"""A patch as two sides: the code before it and the code after it, hunk by hunk, as its context shows them."""

from typing import NamedTuple

from repodojo.errors import InputError
from repodojo.grading.hunks import split_hunks
from repodojo.grading.patches import FilePatch, parse_patch

CODE = (".py", ".pyi", ".pyx", ".c", ".h", ".cpp", ".js", ".ts", ".rs", ".go", ".java")
"""Files that are shown; others say little about whether an issue is resolved."""


class Sides(NamedTuple):
    """Both sides as text; empty where the patch changes no code, or cannot be read."""

    before: str
    after: str


def patch_sides(patch: str) -> Sides:
    """Return both sides of a git diff: ``<before_file="a/path" start_line=n>`` and lines of each hunk."""
    try:
        files = [file for file in parse_patch(patch) if file.new_path.endswith(CODE)]
    except InputError:
        return Sides("", "")
    return Sides(*("\n".join(part for file in files for part in _hunks(file, side)) for side in ("-", "+")))


def _hunks(file: FilePatch, side: str) -> list[str]:
    name, path = ("before", f"a/{file.old_path}") if side == "-" else ("after", f"b/{file.new_path}")
    parts = []
    for hunk in split_hunks(file.text):
        kept = [line[1:] for line in hunk.lines if line[:1] in (" ", side)]
        first = hunk.old if side == "-" else hunk.new
        parts.append(f'<{name}_file="{path}" start_line={first}>\n' + "\n".join(kept) + f"\n</{name}_file>")
    return parts
