from datetime import UTC, datetime

import pytest

from repodojo.environments.interpreters import find_interpreters
from repodojo.environments.recipes.uv import install, resolve
from repodojo.errors import BuildError


@pytest.fixture
def interpreter():
    return next(found for found in find_interpreters() if found.version >= (3, 11))


def test_nothing_newer_than_the_date_is_installed(package_index, interpreter, tmp_path):
    early = resolve(["tiny-helper", "pytest"], interpreter, datetime(2023, 1, 1, tzinfo=UTC))
    late = resolve(["tiny-helper"], interpreter, datetime(2025, 6, 1, 12, tzinfo=UTC))
    assert "tiny-helper==1.0" in early
    assert any(pin.startswith("pluggy==") for pin in early)
    assert late == ("tiny-helper==2.0",)
    install(late, interpreter, tmp_path / "packages")
    assert (tmp_path / "packages" / "tiny_helper.py").read_text() == "VERSION = '2.0'\n"
    assert list((tmp_path / "packages" / "__pycache__").glob("tiny_helper.*.pyc"))


def test_a_requirement_that_nothing_satisfies_is_one_clear_error(package_index, interpreter):
    with pytest.raises(BuildError, match=r"does_not_resolve: .*tiny-helper"):
        resolve(["tiny-helper>=3"], interpreter, datetime(2025, 6, 2, tzinfo=UTC))
