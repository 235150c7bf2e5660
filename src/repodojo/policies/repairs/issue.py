"""Read an issue: a snippet to run, what it prints, what it should print, and the names that it uses."""

import ast
import builtins
import re
import sys
from collections.abc import Sized
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property, lru_cache

_FENCED = re.compile(r"^```(\w*)[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Warning|Exit|Interrupt|Iteration)\b(?::|$)")
_BUILTINS = frozenset(dir(builtins))
_DUNDERS = {
    ast.Add: "__add__",
    ast.Sub: "__sub__",
    ast.Mult: "__mul__",
    ast.Div: "__truediv__",
    ast.FloorDiv: "__floordiv__",
    ast.Mod: "__mod__",
    ast.Pow: "__pow__",
    ast.BitAnd: "__and__",
    ast.BitOr: "__or__",
    ast.BitXor: "__xor__",
    ast.Eq: "__eq__",
    ast.NotEq: "__ne__",
    ast.Lt: "__lt__",
    ast.LtE: "__le__",
    ast.Gt: "__gt__",
    ast.GtE: "__ge__",
    ast.In: "__contains__",
}
_DUNDER_CALLS = {
    **{name: f"__{name}__" for name in ("len", "str", "repr", "bool", "hash", "next", "int", "float", "abs")},
    **dict.fromkeys(("iter", "list", "tuple", "sorted", "dict", "set"), "__iter__"),
}


@dataclass(frozen=True)
class Issue:
    """What an issue says."""

    prose: str
    snippet: str
    actual: str
    expected: str

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The project's functions and classes that the snippet uses, the likeliest place of a bug first."""
        return tuple(dict.fromkeys(_names_in(self.snippet)))

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that the snippet imports from outside the standard library."""
        found = re.findall(r"^\s*(?:from|import)\s+([\w.]+)", self.snippet, re.MULTILINE)
        return tuple(m for m in found if m.split(".")[0] not in sys.stdlib_module_names)

    @cached_property
    def difference(self) -> str:
        """What kind of difference the issue shows; empty where it is none of those told apart."""
        if is_exception(self.actual) != is_exception(self.expected):
            return "raised"
        try:
            return _difference(ast.literal_eval(self.actual), ast.literal_eval(self.expected))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return ""


@lru_cache(maxsize=256)
def parse_issue(text: str) -> Issue | None:
    """Read an issue by its structure: code, then what it prints, then what it should print."""
    blocks = [(kind, body.rstrip("\n")) for kind, body in _FENCED.findall(text) if kind not in ("bash", "sh")]
    codes = [at for at, (kind, _) in enumerate(blocks) if kind in ("python", "py")] or [0]
    outputs = [body for _, body in blocks[codes[0] + 1 :]]
    if not outputs:
        return None
    return Issue(
        prose=text.split("```", 1)[0].strip(),
        snippet=blocks[codes[0]][1],
        actual=outputs[0] if len(outputs) > 1 else "",
        expected=outputs[-1] if len(outputs) == 1 else outputs[1],
    )


def is_exception(text: str) -> bool:
    """Tell whether an output is the last line of a traceback."""
    return "\n" not in text.strip() and bool(_EXCEPTION.match(text.strip()))


def shows(output: str, expected: str) -> bool:
    """Tell whether a run of the snippet gave the expected output, or ended with the expected exception."""
    output, expected = output.strip(), expected.strip()
    if output == expected:
        return True
    return is_exception(expected) and output.split("\n")[-1].strip() == expected


def _difference(actual: object, expected: object) -> str:
    numbers = (bool, int, float)
    if isinstance(actual, numbers) and isinstance(expected, numbers):
        return "bool" if isinstance(expected, bool) else "number"
    if isinstance(actual, str) and isinstance(expected, str):
        return _text_difference(actual, expected)
    lists = isinstance(actual, list | tuple) and isinstance(expected, list | tuple)
    if lists and sorted(map(repr, actual)) == sorted(map(repr, expected)):  # type: ignore[call-overload]
        return "sorting"
    sized = isinstance(actual, Sized) and isinstance(expected, Sized) and len(actual) != len(expected)
    return "size" if sized else ""


def _text_difference(actual: str, expected: str) -> str:
    if actual.lower() == expected.lower():
        return "case"
    return "text" if SequenceMatcher(None, actual, expected).ratio() > 0.6 else ""


def _names_in(snippet: str) -> list[str]:
    try:
        tree = ast.parse(snippet)
    except SyntaxError:
        return [name for name in re.findall(r"\b(\w+)\(", snippet) if name not in _BUILTINS]
    aliases, foreign = _imports(tree)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    foreign |= {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
    names: list[str] = []
    for statement in reversed(tree.body):
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            names += [aliases.get(name, name) for name in _outermost_first(statement) if name not in foreign]
    return names


def _imports(tree: ast.Module) -> tuple[dict[str, str], set[str]]:
    """Return what the snippet calls differently, and the names of modules and of what they hold elsewhere."""
    aliases: dict[str, str] = {}
    foreign: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            foreign |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            aliases |= {alias.asname or alias.name: alias.name for alias in node.names}
            if (node.module or "").split(".")[0] in sys.stdlib_module_names:
                foreign |= {alias.asname or alias.name for alias in node.names}
    return aliases, foreign


def _outermost_first(root: ast.AST) -> list[str]:
    """List the names that are called or looked up, the outermost first, those of operators last."""
    calls: list[str] = []
    operators: list[str] = []
    todo: list[ast.AST] = [root]
    while todo:
        node = todo.pop(0)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _BUILTINS:
            printed = node.func.id == "repr" and isinstance(root, ast.Expr) and node in _arguments(root.value)
            operators.append("" if printed else _DUNDER_CALLS.get(node.func.id, ""))
        elif isinstance(node, ast.Attribute):
            calls.append(node.attr)
        elif isinstance(node, ast.BinOp | ast.Compare | ast.Subscript):
            operators += _operators(node)
        elif isinstance(node, ast.Name) and node.id not in _BUILTINS:
            calls.append(node.id)
        todo += ast.iter_child_nodes(node)
    return calls + [name for name in operators if name]


def _arguments(node: ast.expr) -> list[ast.expr]:
    return node.args if isinstance(node, ast.Call) else []


def _operators(node: ast.BinOp | ast.Compare | ast.Subscript) -> list[str]:
    if isinstance(node, ast.Subscript):
        return ["__getitem__"]
    kinds = [node.op] if isinstance(node, ast.BinOp) else node.ops
    return [_DUNDERS[type(kind)] for kind in kinds if type(kind) in _DUNDERS]
