import pytest
from tests.grading import tiny_project

from repodojo.environments.sandbox import SandboxSpec


@pytest.fixture(scope="session")
def tiny():
    """The module that makes the tiny project and patches for it."""
    return tiny_project


@pytest.fixture(scope="session")
def project(tiny, tmp_path_factory):
    return tiny.build(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(
    scope="session",
    params=[
        "overlay",
        pytest.param("rlimits", marks=pytest.mark.slow),
        pytest.param("docker", marks=pytest.mark.docker),
    ],
)
def sandboxes(request):
    """What is best here, without control groups, and in containers."""
    yield from request.getfixturevalue("start_backend")(request.param)


@pytest.fixture
def sandbox(sandboxes, tmp_path):
    (tmp_path / "layer").mkdir()
    with sandboxes.start(SandboxSpec(layers=(tmp_path / "layer",))) as started:
        yield started
