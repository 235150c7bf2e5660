import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from repodojo.environments.namespaces import NamespaceSandboxes


def load_tiny_project():
    path = Path(__file__).with_name("tiny_project.py")
    spec = importlib.util.spec_from_file_location("tiny_project", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def tiny():
    """The module that makes the tiny project and patches for it."""
    return load_tiny_project()


@pytest.fixture(scope="session")
def project(tiny, tmp_path_factory):
    return tiny.build(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def sandboxes(start_backend: Callable[[str], Iterator[NamespaceSandboxes]]) -> Iterator[NamespaceSandboxes]:
    yield from start_backend("overlay")
