from collections.abc import Iterator
from pathlib import Path

import pytest

from repodojo.environments.namespace_sandbox import NamespaceSandbox
from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import SandboxSpec
from repodojo.errors import SandboxError


@pytest.fixture(scope="session", params=["overlay", "copy"])
def sandboxes(request: pytest.FixtureRequest) -> Iterator[NamespaceSandboxes]:
    backend = NamespaceSandboxes(copies_layers=request.param == "copy")
    try:
        backend.check_support()
    except SandboxError as error:
        pytest.skip(str(error))
    yield backend
    backend.close()


@pytest.fixture(scope="session")
def overlay_sandboxes() -> Iterator[NamespaceSandboxes]:
    backend = NamespaceSandboxes()
    try:
        backend.check_support()
    except SandboxError as error:
        pytest.skip(str(error))
    yield backend
    backend.close()


@pytest.fixture(scope="session")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layer")
    (folder / "a.txt").write_text("one\ntwo\n")
    (folder / "package").mkdir()
    (folder / "package" / "module.py").write_text("VALUE = 1\n")
    return folder


@pytest.fixture
def sandbox(sandboxes: NamespaceSandboxes, layer: Path) -> Iterator[NamespaceSandbox]:
    with sandboxes.start(SandboxSpec(layers=(layer,))) as started:
        yield started
