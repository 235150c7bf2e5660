"""A real sandbox on a small repository, and instances of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import Sandbox, SandboxSpec
from repodojo.types import Instance

FILES = {
    "words.py": (
        "def first(text):\n    return text.split()[1]\n\n\ndef count(text):\n    return len(text.split())\n"
    ),
    "docs/use.md": "# Use\n",
    "docs/more/deep.md": "deep\n",
    ".hidden": "",
    "rules.mk": "all:\n\tmake it\nclean:\n\trm it\n",
    "dos.txt": "one\r\ntwo\r\nthree\r\n",
    "latin.txt": "caf\xe9",
    "long.txt": "".join(f"line {n:04}\n" for n in range(1, 2001)),
}


@pytest.fixture(scope="session")
def sandboxes(start_backend: Callable[[str], Iterator[NamespaceSandboxes]]) -> Iterator[NamespaceSandboxes]:
    yield from start_backend("overlay")


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory, commit_all: Callable[[Path], None]) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("latin-1"))
    commit_all(folder)
    return folder


@pytest.fixture(scope="session")
def spec(repository: Path) -> SandboxSpec:
    return SandboxSpec(layers=(repository,), environment={"PYTHONDONTWRITEBYTECODE": "1"})


@pytest.fixture
def sandbox(sandboxes: NamespaceSandboxes, spec: SandboxSpec) -> Iterator[Sandbox]:
    with sandboxes.start(spec) as started:
        yield started


@pytest.fixture(scope="session")
def make_instance(repository: Path, git: Callable[..., str]) -> Callable[..., Instance]:
    head = git(repository, "rev-parse", "HEAD")

    def build(problem_statement: str = "first() returns the second word.") -> Instance:
        return Instance(
            instance_id="o__words-1",
            repo="o/words",
            version="1",
            base_commit=head,
            problem_statement=problem_statement,
            patch="GOLD",
            test_patch="HIDDEN",
            FAIL_TO_PASS=(),
            PASS_TO_PASS=(),
            environment="words-1",
            test_files=(),
        )

    return build
