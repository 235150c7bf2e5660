"""Compiles again the gettext catalogs that a patch edits or adds, as a project's build would.

Nothing is built in a graded run, and what lies beside the sources was built of the base. A compiled catalog
that the repository holds itself stays as it is.
"""

from functools import cache
from pathlib import Path

from repodojo.environments.recipes.message_catalogs import compile_catalog
from repodojo.environments.sandbox import Sandbox, SandboxSpec

_LIST_S = 60.0
_LIST = """git -c core.quotePath=off diff --name-only --diff-filter=d HEAD -- '*/LC_MESSAGES/*.po'
git -c core.quotePath=off ls-files --others -- '*/LC_MESSAGES/*.po'"""
_KEPT = "git -c core.quotePath=off ls-files -- '*/LC_MESSAGES/*.mo'"


def compile_edited(sandbox: Sandbox, spec: SandboxSpec) -> None:
    """Compile what differs from the last commit; what is no catalog is passed over.

    Raises:
        SandboxError: the sandbox is lost.
    """
    if not (spec.layers and _has_catalogs(spec.layers[-1])):
        return
    edited = sandbox.run(_LIST, _LIST_S).text.splitlines()
    kept = frozenset(sandbox.run(_KEPT, _LIST_S).text.splitlines()) if edited else frozenset()
    for path in edited:
        compiled = f"{path.removesuffix('.po')}.mo"
        if path.endswith(".po") and compiled not in kept:
            try:
                content = compile_catalog(sandbox.read(path))
            except (ValueError, SyntaxError, LookupError):
                continue
            sandbox.write(compiled, content)


@cache
def _has_catalogs(source: Path) -> bool:
    """Whether a pristine source tree holds any catalog: all but few projects hold none."""
    return next(source.rglob("LC_MESSAGES/*.po"), None) is not None
