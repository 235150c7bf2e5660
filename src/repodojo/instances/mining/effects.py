"""Whether tests can notice a change: more of it than comments and layout must differ; pure functions.

What lies beside a project (documentation, examples, benchmarks) counts where a changed test or a conftest
names its folder. Of tests, annotations of functions do not count either, nor what is imported for them: a
change of these alone makes no test fail. Of code they count, for code may read its own.
"""

import ast
import re
from collections.abc import Collection

from repodojo.environments.git_objects import Tree
from repodojo.instances.sources.diffs import is_test_path

_BESIDE = frozenset(
    {"bench", "benchmark", "benchmarks", "doc", "docs", "example", "examples", "scripts", "tools"}
)  # fmt: skip
_FOR_ANNOTATIONS = ("__future__", "typing", "typing_extensions", "collections.abc")
_WORD = re.compile(rb"[a-z_]+")


def find_no_effect(before: Tree, after: Tree) -> str:
    """Return why no test can fail before and pass after a change; empty where one may."""
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}

    def differs(path: str, annotated: bool) -> bool:
        return path.endswith(".py") and _meaning(before, path, annotated) != _meaning(after, path, annotated)

    tests = {path for path in changed if is_test_path(path)}
    if not any(differs(path, False) or _may_be_test_data(path) for path in tests):
        return "tests_unchanged: the change of the tests is comments, layout and annotations alone"
    named = _named_beside(after, tests)
    code = (path for path in changed - tests if path.partition("/")[0] not in _BESIDE - named)
    if not any(differs(path, True) or _may_be_data(path) for path in code):
        return "code_unchanged: the change of the code is comments and layout, or beside the code, alone"
    return ""


def changed_tests(before: Tree, after: Tree, path: str) -> frozenset[str]:
    """Return the ids, without parameters, of the functions of a test file that a change adds or rewrites."""
    old, new = (_functions(tree, path) for tree in (before, after))
    return frozenset(f"{path}::{name}" for name, text in new.items() if old.get(name) != text)


def kept_tests(before: Tree, after: Tree, path: str) -> frozenset[str]:
    """Return the ids, without parameters, of the functions of a test file that ask the same after a change.

    None where the change touches statements beside functions, classes and imports: they may hold the cases.
    """
    old, new = (_functions(tree, path) for tree in (before, after))
    if not (old and new) or _statements(before, path) != _statements(after, path):
        return frozenset()
    return frozenset(f"{path}::{name}" for name, text in new.items() if old.get(name) == text)


def _statements(tree: Tree, path: str) -> list[str]:
    """Return what the statements of a file say, without functions, classes and imports."""
    apart = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
    return [ast.dump(node) for node in ast.parse(tree[path].content).body if not isinstance(node, apart)]


def _functions(tree: Tree, path: str) -> dict[str, str]:
    """Return what the functions of a file say, by their names within it; none where Python cannot read it."""
    found: dict[str, str] = {}

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                found[prefix + child.name] = ast.dump(child)
            elif isinstance(child, ast.stmt | ast.ExceptHandler):
                visit(child, f"{prefix}{child.name}::" if isinstance(child, ast.ClassDef) else prefix)

    try:
        visit(ast.parse(tree[path].content), "")
    except (KeyError, SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    return found


def _meaning(tree: Tree, path: str, annotated: bool) -> str | bytes | None:
    """Return what is equal for sources that mean the same; the sources where Python cannot read them."""
    blob = tree.get(path)
    if blob is None:
        return None
    try:
        module = ast.parse(blob.content)
        for node in ast.walk(module):
            if isinstance(node, ast.Constant):
                node.kind = None
            elif not annotated:
                _drop_annotations(node)
        return ast.dump(module)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return blob.content


def _drop_annotations(node: ast.AST) -> None:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        node.returns = None
    elif isinstance(node, ast.arg):
        node.annotation = None
    elif isinstance(node, ast.Module):
        node.body = [statement for statement in node.body if not _is_for_annotations(statement)]


def _is_for_annotations(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.ImportFrom):
        return statement.module in _FOR_ANNOTATIONS
    if isinstance(statement, ast.Import):
        return all(alias.name in _FOR_ANNOTATIONS for alias in statement.names)
    return isinstance(statement, ast.If) and ast.unparse(statement.test).endswith("TYPE_CHECKING")


def _may_be_test_data(path: str) -> bool:
    """Whether a file that is no Python may be read by tests: it lies in a folder of tests, and in no CI's."""
    return not path.endswith(".py") and not path.startswith(".") and is_test_path(path.rpartition("/")[0])


def _may_be_data(path: str) -> bool:
    """Whether a file that is no Python may be read by the code: those beside the packages are not."""
    first, _, rest = path.partition("/")
    return bool(rest) and not path.endswith(".py") and not first.startswith(".")


def _named_beside(tree: Tree, tests: Collection[str]) -> frozenset[str]:
    """Return the folders beside the project that changed tests, or any conftest, name."""
    read = {path for path in tree if path in tests or path.rpartition("/")[2] == "conftest.py"}
    words = {word.decode() for path in read for word in _WORD.findall(tree[path].content)}
    return _BESIDE & words
