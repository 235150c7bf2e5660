import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import SandboxSpec
from repodojo.errors import SandboxError


def load_tiny_project():
    path = Path(__file__).parents[1] / "grading" / "tiny_project.py"
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
def sandboxes() -> Iterator[NamespaceSandboxes]:
    backend = NamespaceSandboxes()
    try:
        backend.check_support()
    except SandboxError as error:
        pytest.skip(str(error))
    yield backend
    backend.close()


@pytest.fixture
def sandbox(sandboxes, tmp_path):
    (tmp_path / "layer").mkdir()
    with sandboxes.start(SandboxSpec(layers=(tmp_path / "layer",))) as started:
        yield started
