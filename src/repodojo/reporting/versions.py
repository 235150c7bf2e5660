"""The versions of what runs here."""

import platform
from importlib.metadata import PackageNotFoundError, version

import repodojo

PACKAGES = ("kedro", "mlflow", "numpy", "torch", "transformers", "trl", "vllm")


def installed_versions() -> dict[str, str]:
    """Return the versions of Python, of this package, and of those of `PACKAGES` that are installed."""
    found = {"repodojo": repodojo.__version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
