"""Table 2 and figure 2 for any rows: what issues, gold patches and tests are like."""

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from repodojo.errors import InputError
from repodojo.grading.hunks import split_hunks
from repodojo.grading.patches import parse_patch
from repodojo.instances.sources.clone import Clone
from repodojo.instances.sources.diffs import is_test_path
from repodojo.instances.sources.row import SourceRow, applicable_patch


class Gold(NamedTuple):
    """The size of a gold patch."""

    lines: int
    """Added and removed."""
    files: int
    functions: int | None
    """Functions of the base that it touches; None without the base's files."""


class CodeBase(NamedTuple):
    """The size of a repository at a commit, tests left out."""

    files: int
    lines: int


ReadBase = Callable[[str], str | None]
"""Returns a file of the base commit; None where it is not there or is not text."""


def measure_gold(patch: str, read_base: ReadBase | None = None) -> Gold:
    """Measure a gold patch."""
    lines, functions = 0, 0
    files = parse_patch(applicable_patch(patch))
    for file in files:
        hunks = split_hunks(file.text)
        lines += sum(line[:1] in ("+", "-") for hunk in hunks for line in hunk.lines)
        if read_base is not None and file.old_path.endswith(".py") and not file.created:
            touched = set[int]().union(*(hunk.old_places() for hunk in hunks))
            functions += len(_functions_at(read_base(file.old_path) or "", touched))
    return Gold(lines, len(files), functions if read_base else None)


def measure_code_base(clone: Clone, commit: str) -> CodeBase:
    """Count files and lines that are not tests; binary files have no lines.

    Raises:
        InputError: the clone lacks the commit.
    """
    empty = clone.text("hash-object", "-t", "tree", "/dev/null")
    rows = clone.text(
        "diff", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv", empty, commit, "--"
    )
    fields = [row.split("\t", 2) for row in rows.splitlines()]
    kept = [(added, path) for added, _, path in fields if not is_test_path(path)]
    return CodeBase(len(kept), sum(int(added) for added, _ in kept if added.isdigit()))


def read_base_from(clone: Clone, commit: str) -> ReadBase:
    """Return a reader of the commit's files."""

    def read(path: str) -> str | None:
        try:
            return clone.run("show", f"{commit}:{path}").decode()
        except (InputError, UnicodeDecodeError):
            return None

    return read


def describe_rows(
    rows: Sequence[SourceRow], clones: Mapping[str, Clone] | None = None
) -> dict[str, float | None]:
    """Return table 2's column: means over the rows, None where nothing was measured.

    Args:
        rows: the set.
        clones: by repository, for what only the code tells.
    """
    clones = clones or {}
    golds, bases = [], []
    for row in rows:
        clone = clones.get(row.repo)
        golds.append(measure_gold(row.patch, read_base_from(clone, row.base_commit) if clone else None))
        if clone:
            bases.append(measure_code_base(clone, row.base_commit))
    proven = [row for row in rows if row.FAIL_TO_PASS is not None]
    return {
        "instances": len(rows),
        "repos": len({row.repo for row in rows}),
        "issue_words": _mean(len(row.problem_statement.split()) for row in rows),
        "non_test_files": _mean(base.files for base in bases),
        "non_test_lines": _mean(base.lines for base in bases),
        "gold_lines": _mean(gold.lines for gold in golds),
        "gold_files": _mean(gold.files for gold in golds),
        "gold_functions": _mean(gold.functions for gold in golds if gold.functions is not None),
        "fail_to_pass": _mean(len(row.FAIL_TO_PASS or ()) for row in proven),
        "tests": _mean(len(row.FAIL_TO_PASS or ()) + len(row.PASS_TO_PASS or ()) for row in proven),
    }


def count_by_repository(rows: Iterable[SourceRow]) -> dict[str, int]:
    """Return figure 2: instances by repository, the largest first."""
    counts = Counter(row.repo for row in rows)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _functions_at(source: str, lines: set[int]) -> set[tuple[int, str]]:
    """Return the innermost functions that hold a line."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    spans = [
        (node.lineno, node.end_lineno or node.lineno, node.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    found = (max((span for span in spans if span[0] <= line <= span[1]), default=None) for line in lines)
    return {(span[0], span[2]) for span in found if span is not None}


def _mean(values: Iterable[float]) -> float | None:
    collected = list(values)
    return round(sum(collected) / len(collected), 2) if collected else None
