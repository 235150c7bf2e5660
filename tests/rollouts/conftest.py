"""A tiny repository with one bug, and real sandboxes to work on it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import SandboxSpec
from repodojo.types import Instance

MODULE = '''"""Numbers."""


def clamp(value, low, high):
    """Return the value, kept between low and high (low if value < low)."""
    if value < low:
        return low
    return max(value, high)


def label(value):
    if value:
        return "yess"
    return "no"
'''
ISSUE = """{prose}

```python
from tools.numbers import {name}
print(repr({call}))
```

It prints:

```
{actual}
```

It should print:

```
{expected}
```
"""
ENVIRONMENT = {"PYTHONPATH": "/testbed", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="session")
def write_issue() -> Callable[[str, str, str, str], str]:
    def write(name: str, call: str, actual: str, expected: str) -> str:
        return ISSUE.format(prose="A value is wrong.", name=name, call=call, actual=actual, expected=expected)

    return write


@pytest.fixture(scope="session")
def sandboxes(start_backend: Callable[[str], Iterator[NamespaceSandboxes]]) -> Iterator[NamespaceSandboxes]:
    yield from start_backend("overlay")


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory, commit_all: Callable[[Path], None]) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    (folder / "tools").mkdir()
    (folder / "tools" / "__init__.py").write_text("")
    (folder / "tools" / "numbers.py").write_text(MODULE)
    commit_all(folder)
    return folder


@pytest.fixture(scope="session")
def spec(repository: Path) -> Callable[[Instance], SandboxSpec]:
    return lambda _: SandboxSpec(layers=(repository,), environment=ENVIRONMENT)


@pytest.fixture(scope="session")
def make_instance(repository: Path, git: Callable[..., str]) -> Callable[[str], Instance]:
    head = git(repository, "rev-parse", "HEAD")

    def build(problem_statement: str, instance_id: str = "o__tools-1") -> Instance:
        return Instance(
            instance_id=instance_id,
            repo="o/tools",
            version="1",
            base_commit=head,
            problem_statement=problem_statement,
            patch="",
            test_patch="",
            FAIL_TO_PASS=(),
            PASS_TO_PASS=(),
            environment="tools-1",
            test_files=(),
        )

    return build
