from datetime import UTC, datetime

import pytest
from tests.environments.recipes.counted import Counted

from repodojo.environments.interpreters import find_interpreters
from repodojo.environments.recipes import wheel
from repodojo.environments.recipes.folders import Folders
from repodojo.environments.recipes.source_packages import WheelMaker


@pytest.fixture(scope="module")
def sandboxes(start_backend):
    yield from start_backend("overlay")


def test_a_package_whose_build_sleeps_is_built_once(package_index, sandboxes, tmp_path, monkeypatch):
    """It used to hold every worker half an hour at each recipe that asked for it, on each Python."""
    monkeypatch.setattr(wheel, "BUILD_S", 1.0)
    counted = Counted(sandboxes)
    for interpreter in [found for found in find_interpreters() if found.version >= (3, 7)][:2]:
        maker = WheelMaker(counted, Folders(tmp_path), interpreter, datetime(2023, 1, 1, tzinfo=UTC))
        assert maker.make(["tiny-sleeper"], ["tiny-sleeper"]) == frozenset()
    assert counted.builds == 1
    assert not list(tmp_path.glob(".*.tmp"))
