"""Whether tests can notice a change: more of it than comments and layout must differ; pure functions."""

import ast

from repodojo.environments.git_objects import Tree
from repodojo.instances.sources.diffs import is_test_path


def find_no_effect(before: Tree, after: Tree) -> str:
    """Return why no test can fail before and pass after a change; empty where one may."""
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}

    def differs(path: str) -> bool:
        return path.endswith(".py") and _meaning(before, path) != _meaning(after, path)

    tests = {path for path in changed if is_test_path(path)}
    if not any(differs(path) or not path.endswith(".py") for path in tests):
        return "tests_unchanged: the change of the tests is comments and layout alone"
    if not any(differs(path) or _may_be_data(path) for path in changed - tests):
        return "code_unchanged: the change of the code is comments and layout alone"
    return ""


def _meaning(tree: Tree, path: str) -> str | bytes | None:
    """Return what is equal for sources that mean the same; the sources where Python cannot read them."""
    blob = tree.get(path)
    if blob is None:
        return None
    try:
        module = ast.parse(blob.content)
        for node in ast.walk(module):
            if isinstance(node, ast.Constant):
                node.kind = None
        return ast.dump(module)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return blob.content


def _may_be_data(path: str) -> bool:
    """Whether a file that is no Python may be read by the code: those beside the packages are not."""
    first, _, rest = path.partition("/")
    return (
        bool(rest) and not path.endswith(".py") and not first.startswith(".") and first not in ("doc", "docs")
    )
