"""Bugs around a repair, to see whether an instance's tests would notice them; a pure function."""

from repodojo.grading.hunks import split_hunks
from repodojo.grading.patches import parse_patch
from repodojo.instances.injection import Mutation, inject_bugs
from repodojo.instances.injection.source import Source


def mutate_around(patch: str, path: str, fixed: str, most: int, seed: int) -> list[Mutation]:
    """Return at most ``most`` bugs in the functions of a module that a patch touches, in turn.

    Args:
        patch: the repair.
        path: the module.
        fixed: its text with the repair.
        most: how many.
        seed: decides which.
    """
    changed = [file.text for file in parse_patch(patch) if file.new_path == path]
    touched = set[int]().union(*(hunk.new_places() for text in changed for hunk in split_hunks(text)))
    allowed: set[int] = set()
    for function in Source(fixed).functions():
        span = range(function.node.lineno, (function.node.end_lineno or 0) + 1)
        if touched.intersection(span):
            allowed.update(span)
    found = inject_bugs(fixed, path, allowed, seed, most)
    by_function: dict[str, list[Mutation]] = {}
    for mutation in found:
        by_function.setdefault(mutation.function, []).append(mutation)
    turns = [group[turn] for turn in range(most) for group in by_function.values() if turn < len(group)]
    return turns[:most]
