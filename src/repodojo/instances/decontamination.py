"""Finds tasks that an evaluation set holds too: by repository, commit, patch or issue text.

A patch counts by the lines it adds and removes, blanks at their ends and context left out, so that a moved or
re-indented copy is found. Issue texts count by the Jaccard similarity of their runs of words (Broder 1997),
short ones by equality. Pure functions.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Literal, NamedTuple

from repodojo.grading.hunks import changed_lines
from repodojo.instances.near_duplicates import hash_tokens
from repodojo.instances.sources.row import Found, Rejection, SourceRow, applicable_patch
from repodojo.types import Instance

Trait = Literal["repository", "commit", "patch", "issue"]
TRAITS: tuple[Trait, ...] = ("repository", "commit", "patch", "issue")
_RUN = 5
"""Words of one shingle."""
_WORD = re.compile(r"\w+")
_COMMIT = 7
"""Characters compared: rows may hold short hashes."""


Task = Instance | SourceRow


class EvaluationIndex(NamedTuple):
    """An evaluation set, by what is compared; the values are ids."""

    repositories: Mapping[str, str]
    commits: Mapping[str, str]
    patches: Mapping[str, str]
    issues: Mapping[int, Collection[str]]
    """Ids by shingle."""
    sizes: Mapping[str, int]
    """Shingles of each issue."""


def index_evaluation(tasks: Iterable[Task]) -> EvaluationIndex:
    """Index evaluation sets; where several tasks share a trait, the first is named."""
    repositories: dict[str, str] = {}
    commits: dict[str, str] = {}
    patches: dict[str, str] = {}
    issues: dict[int, list[str]] = defaultdict(list)
    sizes: dict[str, int] = {}
    for task in tasks:
        name = task.instance_id
        repositories.setdefault(task.repo.lower(), name)
        commits.setdefault(task.base_commit[:_COMMIT], name)
        if digest := changed_lines_digest(task.patch):
            patches.setdefault(digest, name)
        shingles = shingle_text(task.problem_statement)
        sizes[name] = len(shingles)
        for shingle in shingles:
            issues[shingle].append(name)
    return EvaluationIndex(repositories, commits, patches, issues, sizes)


def find_contamination(
    task: Task, index: EvaluationIndex, traits: Collection[Trait] = TRAITS, similarity: float = 0.5
) -> list[str]:
    """Return what a task shares with evaluation sets, each as ``trait: id``; empty where nothing.

    Args:
        task: the task.
        index: the evaluation sets.
        traits: what to compare.
        similarity: issues at least so alike are the same.
    """
    found: dict[Trait, str | None] = {
        "repository": index.repositories.get(task.repo.lower()),
        "commit": index.commits.get(task.base_commit[:_COMMIT]),
        "patch": index.patches.get(changed_lines_digest(task.patch)),
        "issue": _similar_issue(task.problem_statement, index, similarity) if "issue" in traits else None,
    }
    return [f"{trait}: {found[trait]}" for trait in TRAITS if trait in traits and found[trait] is not None]


def decontaminate(
    rows: Iterable[SourceRow],
    index: EvaluationIndex,
    traits: Collection[Trait] = TRAITS,
    similarity: float = 0.5,
) -> Found:
    """Leave out the rows that share a trait with evaluation sets, and list them."""
    kept, rejected = [], []
    for row in rows:
        if shared := find_contamination(row, index, traits, similarity):
            rejected.append(Rejection(row.repo, f"contaminated: {', '.join(shared)}", row.instance_id))
        else:
            kept.append(row)
    return Found(kept, rejected)


def changed_lines_digest(patch: str) -> str:
    """Return the identity of what a patch adds and removes, wherever it stands; empty for nothing."""
    changed = changed_lines(applicable_patch(patch))
    lines = [line[:1] + line[1:].strip() for line in changed if line[1:].strip()]
    data = "\n".join(lines).encode(errors="surrogatepass")
    return hashlib.sha256(data).hexdigest() if lines else ""


def shingle_text(text: str) -> frozenset[int]:
    """Return the hashes of a text's runs of words; the whole of a shorter text is one run."""
    words = _WORD.findall(text.lower())
    starts = range(max(len(words) - _RUN + 1, 1)) if words else ()
    return frozenset(hash_tokens(words[start : start + _RUN]) for start in starts)


def _similar_issue(text: str, index: EvaluationIndex, similarity: float) -> str | None:
    shingles = shingle_text(text)
    shared = Counter(name for shingle in shingles for name in index.issues.get(shingle, ()))
    alike = {
        name: count / (len(shingles) + index.sizes[name] - count) for name, count in sorted(shared.items())
    }
    best = max(alike, key=alike.__getitem__, default=None)
    return best if best is not None and alike[best] >= similarity else None
