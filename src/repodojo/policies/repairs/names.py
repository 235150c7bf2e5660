"""The names that a snippet uses, as places to look for a bug."""

import ast
import builtins
import re
import sys

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


def names_in(snippet: str) -> tuple[str, ...]:
    """List the project's functions and classes that a snippet uses, the likeliest place of a bug first.

    The last statement comes first, in it the outermost call. Special methods count where a class is used.
    """
    try:
        tree = ast.parse(snippet)
    except SyntaxError:
        return tuple(dict.fromkeys(n for n in re.findall(r"\b(\w+)\(", snippet) if n not in _BUILTINS))
    aliases, foreign = _imports(tree)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    foreign |= {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
    names: list[str] = []
    for statement in reversed(tree.body):
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            names += [aliases.get(name, name) for name in _outermost_first(statement) if name not in foreign]
    names.sort(key=lambda name: name == "__iter__")
    has_class = any(name.lstrip("_")[:1].isupper() for name in names)
    return tuple(dict.fromkeys(name for name in names if has_class or not name.startswith("__")))


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
    """List the names that are called or looked up, the outermost first."""
    names: list[str] = []
    todo: list[ast.AST] = [root]
    while todo:
        node = todo.pop(0)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _BUILTINS:
            printed = node.func.id == "repr" and isinstance(root, ast.Expr) and node in _arguments(root.value)
            names.append("" if printed else _DUNDER_CALLS.get(node.func.id, ""))
        elif isinstance(node, ast.Attribute):
            names.append(node.attr)
        elif isinstance(node, ast.BinOp | ast.Compare | ast.Subscript):
            names += _operators(node)
        elif isinstance(node, ast.Name) and node.id not in _BUILTINS:
            names.append(node.id)
        todo += ast.iter_child_nodes(node)
    return [name for name in names if name]


def _arguments(node: ast.expr) -> list[ast.expr]:
    return node.args if isinstance(node, ast.Call) else []


def _operators(node: ast.BinOp | ast.Compare | ast.Subscript) -> list[str]:
    if isinstance(node, ast.Subscript):
        return ["__getitem__"]
    kinds = [node.op] if isinstance(node, ast.BinOp) else node.ops
    return [_DUNDERS[type(kind)] for kind in kinds if type(kind) in _DUNDERS]
