from collections.abc import Callable, Iterator

import pytest
from tests.grading import tiny_project

from repodojo.environments.namespaces import NamespaceSandboxes


@pytest.fixture(scope="session")
def tiny():
    """The module that makes the tiny project and patches for it."""
    return tiny_project


@pytest.fixture(scope="session")
def project(tiny, tmp_path_factory):
    return tiny.build(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def sandboxes(start_backend: Callable[[str], Iterator[NamespaceSandboxes]]) -> Iterator[NamespaceSandboxes]:
    yield from start_backend("overlay")
