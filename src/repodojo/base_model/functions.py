"""The standard library's functions: what the base model's training text is drawn from."""

import ast
import random
import re
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_SKIPPED = re.compile(r"(^|/)(site-packages|test|tests|idlelib|lib2to3|encodings|turtledemo|pydoc_data)/")
_MAX_WIDTH = 96


class Function(NamedTuple):
    """A function of the standard library with the lines that follow it in its file."""

    module: str
    name: str
    length: int
    lines: tuple[str, ...]
    text_lines: frozenset[int]
    """Lines inside a string of several lines, a docstring for example."""
    docstring: frozenset[int] = frozenset()


def read_modules() -> dict[str, str]:
    """Read the source of every module of the standard library by its path, in a stable order."""
    root = Path(sysconfig.get_paths()["stdlib"])
    found = {}
    for path in sorted(root.rglob("*.py")):
        module = path.relative_to(root).as_posix()
        if not _SKIPPED.search(module):
            with suppress(UnicodeDecodeError):
                found[module] = path.read_text(encoding="utf-8")
    return found


def find_functions(modules: Mapping[str, str], max_lines: int = 41) -> list[Function]:
    """Find every function of 3 to ``max_lines`` lines in the sources of modules, in their order."""
    return [
        function
        for module, source in modules.items()
        for function in _functions_of(source, module, max_lines)
    ]


def _functions_of(source: str, module: str, max_lines: int) -> Iterator[Function]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    lines = source.expandtabs(4).split("\n")
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef):
            continue
        start, end = node.lineno - 1, node.end_lineno or node.lineno
        window = lines[start : start + max_lines]
        if 3 <= end - start <= max_lines and all(len(line) <= _MAX_WIDTH for line in window):
            strings = [n for n in ast.walk(node) if isinstance(n, ast.Constant | ast.JoinedStr)]
            long = [n for n in strings if n.lineno != n.end_lineno]
            first = node.body[0].value if isinstance(node.body[0], ast.Expr) else None
            docstring = _lines_of([n for n in strings if n is first], node.lineno)
            yield Function(
                module,
                node.name,
                end - start,
                tuple(window),
                _lines_of(long, node.lineno) | docstring,
                docstring,
            )


def _lines_of(nodes: list[ast.Constant | ast.JoinedStr], start: int) -> frozenset[int]:
    lines = (range(n.lineno - start, (n.end_lineno or n.lineno) - start + 1) for n in nodes)
    return frozenset(number for span in lines for number in span)


def split_modules(
    functions: list[Function], held_out: int, seed: int
) -> tuple[list[Function], list[Function]]:
    """Split the functions into training ones and those of ``held_out`` modules."""
    modules = sorted({f.module for f in functions})
    random.Random(seed).shuffle(modules)
    kept_out = set(modules[:held_out])
    return [f for f in functions if f.module not in kept_out], [f for f in functions if f.module in kept_out]
