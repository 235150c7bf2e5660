import json
from pathlib import Path

import pytest

from repodojo.grading.settings import GradingSettings
from repodojo.grading.store import VerdictStore, grade_trajectory, verdict_address
from repodojo.grading.verdict import summarise
from repodojo.types import Instance, Trajectory, Verdict

VERDICT = Verdict("r.0", "r", "resolved", "tests")
ADDRESS = "ab" * 32


def test_a_verdict_is_kept(tmp_path: Path) -> None:
    store = VerdictStore(tmp_path)
    assert store.get_or_grade(ADDRESS, lambda: VERDICT) == VERDICT
    assert store.get_or_grade(ADDRESS, lambda: pytest.fail("graded twice")) == VERDICT


def test_a_verdict_on_another_base_has_another_address() -> None:
    """A container's verdict used to be taken for that of namespaces, whatever its image."""
    instance = Instance("i", "o/r", "1", "c", "", "", "", ("t::a",), (), "e", ())
    bases = ["namespaces, Python 3.11.7", "docker, python:3.11", "docker, python:3.12"]
    assert len({verdict_address(instance, "patch", base, GradingSettings()) for base in bases}) == 3


@pytest.mark.parametrize("text", ["", '{"rollout_id": "r.0", "ins', "{}", "[]", "null"])
def test_a_torn_verdict_is_graded_again(tmp_path: Path, text: str) -> None:
    """It used to raise at every run, with no way on but to find the file and delete it."""
    path = tmp_path / ADDRESS[:2] / f"{ADDRESS}.json"
    path.parent.mkdir()
    path.write_text(text)
    assert VerdictStore(tmp_path).get_or_grade(ADDRESS, lambda: VERDICT) == VERDICT
    assert json.loads(path.read_text())["outcome"] == "resolved"


def test_a_verdict_that_measured_nothing_is_not_kept(tmp_path: Path) -> None:
    store = VerdictStore(tmp_path)
    store.get_or_grade(ADDRESS, lambda: Verdict("r.0", "r", "not_measured", "SandboxError"))
    assert store.get_or_grade(ADDRESS, lambda: VERDICT) == VERDICT


@pytest.mark.parametrize(
    ("status", "failures"), [("PolicyError", 1), ("SandboxError", 1), ("BudgetExceeded", 0)]
)
def test_a_rollout_that_failed_outside_the_agent_is_not_measured(
    status: str, failures: int, tmp_path: Path
) -> None:
    """It used to be graded by what it left: an endpoint that was down counted as an empty patch."""
    instance = Instance("i", "o/r", "1", "c", "", "", "", ("t::a",), (), "e", ())
    trajectory = Trajectory("i.0", "i", "p", "s", 0, 0.0, 0, (), (), "", status, "the endpoint is down")
    verdict = grade_trajectory(trajectory, instance, None, VerdictStore(tmp_path), GradingSettings())
    assert (verdict.rollout_id, verdict.outcome) == ("i.0", "not_measured")
    assert verdict.cause == f"{status}: the endpoint is down"
    assert summarise(verdict)["infrastructure_failures"] == failures
    assert list(tmp_path.iterdir()) == []
