"""Puts one bug at a time into a module, by edits of its syntax tree that keep every other byte.

A pure function of the text, the lines that may change and the seed. It knows nothing of the agents that will
look for the bugs.
"""

import ast
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from repodojo.instances.injection import calls, constants, expressions, statements
from repodojo.instances.injection.source import Function, Place, Replacement, Source, places

Operator = Callable[[Place, Source], Iterator[Replacement]]

OPERATORS: Mapping[str, Operator] = {
    operator.__name__: operator
    for operator in (
        expressions.comparison,
        expressions.membership,
        expressions.boolean_operator,
        expressions.arithmetic_operator,
        expressions.augmented_assignment,
        expressions.dropped_operand,
        expressions.removed_negation,
        expressions.added_negation,
        constants.off_by_one,
        constants.wrong_constant,
        constants.changed_string,
        constants.wrong_pattern,
        constants.slice_bound,
        calls.swapped_arguments,
        calls.wrong_method,
        calls.missing_call,
        calls.dropped_keyword,
        calls.wrong_variable,
        statements.removed_statement,
        statements.removed_guard,
        statements.wrong_return,
        statements.swapped_branches,
        statements.loop_control,
        statements.narrowed_except,
    )
}
WRONG_DEFAULT = constants.wrong_default.__name__
KINDS = (*OPERATORS, WRONG_DEFAULT)


@dataclass(frozen=True)
class Mutation:
    """One bug in one module."""

    kind: str
    path: str
    """The module, relative to the project."""
    function: str
    """``name`` or ``Class.name``."""
    lines: tuple[int, ...]
    """The lines whose execution meets the bug: the changed node's and its statement's."""
    start: int
    end: int
    """The bytes that change."""
    old: str
    new: str

    def apply(self, text: str) -> str:
        """Return the module's text with the bug in it."""
        data = text.encode()
        return (data[: self.start] + self.new.encode() + data[self.end :]).decode()


def find_mutations(text: str, path: str) -> Iterator[Mutation]:
    """Yield every bug that the operators know for a module, whether or not the result parses."""
    source = Source(text)
    for function in source.functions():
        yield from _of_function(function, source, path)


def inject_bugs(
    text: str,
    path: str,
    lines: Collection[int],
    seed: int,
    per_function: int,
    used: Counter[str] | None = None,
) -> list[Mutation]:
    """Choose at most ``per_function`` bugs for each function, of the kinds used least so far.

    Args:
        text: the module.
        path: its place in the project.
        lines: the lines that may change (those that tests execute).
        seed: decides among equals.
        per_function: the most bugs for one function.
        used: how often each kind was used; counted on, so that kinds stay balanced over modules.
    """
    used = Counter() if used is None else used
    allowed = set(lines)
    source = Source(text)
    chosen: list[Mutation] = []
    for function in source.functions():
        if allowed.isdisjoint(range(function.node.lineno, (function.node.end_lineno or 0) + 1)):
            continue
        found = {m for m in _of_function(function, source, path) if allowed.intersection(m.lines)}
        rng = random.Random(f"{seed}:{path}:{function.name}:{function.node.lineno}")
        mutations = sorted(found, key=_order)
        rng.shuffle(mutations)
        chosen += _choose(mutations, FunctionText(function, source), per_function, used)
    return chosen


def _choose(mutations: list[Mutation], text: "FunctionText", most: int, used: Counter[str]) -> list[Mutation]:
    """Take bugs of the rarest kinds whose results parse and differ from the function and from each other."""
    chosen: list[Mutation] = []
    trees = {text.tree(None)}
    while mutations and len(chosen) < most:
        rarest = min(mutations, key=lambda mutation: used[mutation.kind])
        mutations.remove(rarest)
        tree = text.tree(rarest)
        if tree is not None and tree not in trees:
            trees.add(tree)
            used[rarest.kind] += 1
            chosen.append(rarest)
    return chosen


class FunctionText:
    """The lines of one function, which parse on their own much faster than its module."""

    def __init__(self, function: Function, source: Source) -> None:
        self._start, end = source.lines_of(function.node)
        self._data = source.data[self._start : end]
        self._prefix = b"if 1:\n" if function.node.col_offset else b""

    def holds(self, mutation: Mutation) -> bool:
        """Whether a bug lies in the function."""
        return self._start <= mutation.start and mutation.end <= self._start + len(self._data)

    def tree(self, mutation: Mutation | None) -> str | None:
        """Return the function's syntax tree as text, with a bug in it; None where it does not parse."""
        data = self._data
        if mutation:
            start, end = mutation.start - self._start, mutation.end - self._start
            data = data[:start] + mutation.new.encode() + data[end:]
        try:
            return ast.dump(ast.parse(self._prefix + data))
        except (SyntaxError, ValueError):
            return None


def _of_function(function: Function, source: Source, path: str) -> Iterator[Mutation]:
    for place in places(function.node):
        for kind, operator in OPERATORS.items():
            for replacement in operator(place, source):
                yield _mutation(kind, path, function, (place.node, place.statement), replacement, source)
    for replacement in constants.wrong_default(function, source):
        yield _mutation(WRONG_DEFAULT, path, function, (function.node.body[-1],), replacement, source)


def _mutation(
    kind: str,
    path: str,
    function: Function,
    nodes: tuple[ast.AST, ...],
    replacement: Replacement,
    source: Source,
) -> Mutation:
    lines = {source.line_at(replacement.start)} if kind != WRONG_DEFAULT else set()
    lines |= {node.lineno for node in nodes if isinstance(node, ast.stmt | ast.expr)}
    start, end, new = replacement
    return Mutation(
        kind, path, function.name, tuple(sorted(lines)), start, end, source.between(start, end), new
    )


def _order(mutation: Mutation) -> tuple[int, int, str, str]:
    return mutation.start, mutation.end, mutation.new, mutation.kind
