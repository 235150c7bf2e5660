from datetime import UTC, datetime

import pytest

from repodojo.environments.interpreters import find_interpreters
from repodojo.environments.recipes.uv import install, resolve, unobtainable_packages
from repodojo.errors import BuildError

_DAYS = ((2023, 1, 1), (2025, 6, 1))


@pytest.fixture
def interpreter():
    return next(found for found in find_interpreters() if found.version >= (3, 11))


def test_nothing_newer_than_the_date_is_installed(package_index, interpreter, tmp_path):
    early = resolve(["tiny-helper", "pytest"], interpreter, datetime(2023, 1, 1, tzinfo=UTC))
    late = resolve(["tiny-helper"], interpreter, datetime(2025, 6, 1, 12, tzinfo=UTC))
    assert "tiny-helper==1.0" in early.pins
    assert any(pin.startswith("pluggy==") for pin in early.pins)
    assert late == (("tiny-helper==2.0",), ())
    install(late.pins, interpreter, tmp_path / "packages")
    assert (tmp_path / "packages" / "tiny_helper.py").read_text() == "VERSION = '2.0'\n"
    compiled = {path.name.partition(".")[0] for path in (tmp_path / "packages").rglob("*.pyc")}
    assert compiled == {"tiny_helper"}


def test_pytest_is_of_the_commits_time(package_index, interpreter):
    """Conftest files of older commits break under a pytest that came after them."""
    early, late = (resolve(["pytest"], interpreter, datetime(*day, tzinfo=UTC)).pins for day in _DAYS)
    assert "pytest==99.0" not in early
    assert "pytest==99.0" in late


def test_a_requirement_that_nothing_satisfies_is_one_clear_error(package_index, interpreter):
    with pytest.raises(BuildError, match=r"does_not_resolve: .*tiny-helper"):
        resolve(["tiny-helper>=3"], interpreter, datetime(2025, 6, 2, tzinfo=UTC))
    with pytest.raises(BuildError) as raised:
        resolve(["tiny-helper", "No_such.thing"], interpreter, datetime(2025, 6, 2, tzinfo=UTC))
    assert unobtainable_packages(str(raised.value)) == {"no-such-thing"}


def test_a_package_without_a_wheel_of_that_time_is_taken_later_and_named(package_index, interpreter):
    """atomicwrites, which old releases of pytest need, was deleted and uploaded again in 2022."""
    date = datetime(2023, 1, 1, tzinfo=UTC)
    found = resolve(["tiny-late", "tiny-helper"], interpreter, date)
    assert found == (("tiny-helper==1.0", "tiny-late==1.0"), ("tiny-late",))
    with pytest.raises(BuildError, match="tiny-late"):
        resolve(["tiny-late"], interpreter, date, own="tiny_late")


def test_a_package_of_sources_alone_is_named(package_index, interpreter):
    """One such package among those declared for tests used to cost the whole recipe."""
    with pytest.raises(BuildError) as raised:
        resolve(["tiny-source", "tiny-helper"], interpreter, datetime(2025, 6, 2, tzinfo=UTC))
    assert unobtainable_packages(str(raised.value)) == {"tiny-source"}


@pytest.mark.parametrize(
    "line", ["-r {file}", "tiny-helper @ file://{file}", "--index-url http://127.0.0.1:9/", "-e /", "{file}"]
)
def test_a_repositorys_requirement_names_no_file_of_this_machine(interpreter, tmp_path, line):
    """uv used to read it, and its message said what stands in it."""
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret\n")
    with pytest.raises(BuildError, match="expected packages with versions, found") as told:
        resolve(["pytest", line.format(file=secret)], interpreter, datetime(2025, 6, 2, tzinfo=UTC))
    assert "a secret" not in str(told.value)


def test_a_requirement_of_two_lines_is_its_first(package_index, interpreter, tmp_path):
    """uv used to read the file that the second line names."""
    line = f"tiny-helper #\n-r {tmp_path / 'secret.txt'}"
    assert resolve([line], interpreter, datetime(2025, 6, 2, tzinfo=UTC)).pins == ("tiny-helper==2.0",)
