"""Two bugs at once in one function: a repair must find both."""

from collections.abc import Collection, Iterable, Iterator
from itertools import combinations, groupby

from repodojo.instances.injection.inject import FunctionText, Mutation, inject_bugs
from repodojo.instances.injection.source import Source

COMBINED = "combined"


def combine_bugs(
    text: str, path: str, lines: Collection[int], seed: int, per_function: int
) -> list[Mutation]:
    """Combine single bugs of a function, of different kinds on different lines, in disjoint pairs.

    Args:
        text: the module.
        path: its place in the project.
        lines: the lines that may change.
        seed: decides which single bugs.
        per_function: the most pairs for one function.
    """
    singles = inject_bugs(text, path, lines, seed, 2 * per_function)
    source = Source(text)
    functions = {(f.name, f.node.lineno): FunctionText(f, source) for f in source.functions()}
    found: list[Mutation] = []
    for name, group in groupby(singles, key=lambda mutation: mutation.function):
        own = [texts for (function, _), texts in functions.items() if function == name]
        pairs = (_merge(source, *pair) for pair in _disjoint(list(group)))
        found += [pair for pair in pairs if any(each.holds(pair) and each.tree(pair) for each in own)]
    return found


def _disjoint(mutations: Iterable[Mutation]) -> Iterator[tuple[Mutation, Mutation]]:
    """Yield pairs that share no mutation, line or kind, the first before the second."""
    ordered = sorted(mutations, key=lambda mutation: (mutation.start, mutation.end))
    used: set[int] = set()
    for (i, first), (j, second) in combinations(enumerate(ordered), 2):
        apart = first.end <= second.start and not set(first.lines) & set(second.lines)
        if apart and first.kind != second.kind and not {i, j} & used:
            used |= {i, j}
            yield first, second


def _merge(source: Source, first: Mutation, second: Mutation) -> Mutation:
    between = source.between(first.end, second.start)
    return Mutation(
        kind=COMBINED,
        path=first.path,
        function=first.function,
        lines=tuple(sorted({*first.lines, *second.lines})),
        start=first.start,
        end=second.end,
        old=source.between(first.start, second.end),
        new=first.new + between + second.new,
    )
