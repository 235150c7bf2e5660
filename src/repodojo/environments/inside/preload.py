"""Imports modules once, in the process that forks sandboxes, as if from where a sandbox sees them."""

import importlib
import site
import sys
from types import ModuleType


def preload_modules(folders: list[list[str]], names: list[str]) -> None:
    """Import what can be imported of ``names`` from folders, each given with where a sandbox sees it."""
    for add_builtin in (site.setquit, site.setcopyright, site.sethelper):
        add_builtin()
    before = list(sys.path)
    sys.path[:0] = [source for source, _ in folders]
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    sys.path[:] = before
    for source, target in folders:
        for module in list(sys.modules.values()):
            _relocate(module, source, target)
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()


def _relocate(module: ModuleType, source: str, target: str) -> None:
    """Rewrite where a module says it came from, so that what it imports later is found there."""

    def moved(path: object) -> object:
        inside = isinstance(path, str) and path.startswith(f"{source}/")
        return target + path[len(source) :] if inside else path  # type: ignore[index]

    spec = getattr(module, "__spec__", None)
    loader = getattr(module, "__loader__", None)
    for owner, name in (
        (module, "__file__"),
        (module, "__cached__"),
        (spec, "origin"),
        (spec, "cached"),
        (loader, "path"),
    ):
        if isinstance(getattr(owner, name, None), str):
            setattr(owner, name, moved(getattr(owner, name)))
    if isinstance(getattr(module, "__path__", None), list):
        module.__path__[:] = [moved(path) for path in module.__path__]  # type: ignore[misc]
