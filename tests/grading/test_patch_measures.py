"""Lint and timed tests of a patch beside gold, in real sandboxes."""

import pytest

from repodojo.errors import SandboxError
from repodojo.grading.lint import count_findings, new_findings
from repodojo.grading.patch_measures import PatchMeasure, distinct_resolving, measure_patch
from repodojo.metrics.patch_costs import patch_costs
from repodojo.types import Trajectory, Verdict

WAIT_S = 60


def made(patch: str, key: str = "i.0") -> Trajectory:
    return Trajectory(*(key, key[0], "p", "s", int(key[2]), 0.0, 0), (), (), patch, "Submitted")


def test_findings_that_were_there_before_are_not_new() -> None:
    before = "import os\n\n\ndef f():\n    return 1\n"
    assert count_findings(before, "m.py") == {"F401": 1}
    assert new_findings(before, before.replace("1", "2"), "m.py") == 0
    assert new_findings(before, before.replace("return 1", "x = 1"), "m.py") == 1
    assert new_findings("", "def f(:\n", "m.py") >= 1


def test_a_patch_is_measured_beside_gold(project, tiny, sandboxes) -> None:
    found = measure_patch(
        made(tiny.fix("min(high, max(value, low))")),
        project.instance,
        sandboxes,
        lambda _: project.spec,
        WAIT_S,
    )
    assert (found.new_findings, found.gold_new_findings, found.reason) == (0, 0, "")
    assert found.test_s is not None
    assert found.gold_test_s is not None
    assert found.test_s > 0 < found.gold_test_s


def test_gold_is_run_first_and_last_and_the_quicker_run_counts(project, tiny, sandboxes) -> None:
    """Gold always ran first, and equal patches after it were told to be slower."""
    applied: list[str] = []

    class Watched:
        def start(self, spec):
            applied.append("start")
            return sandboxes.start(spec)

    patch = made(tiny.fix("min(high, max(value, low))"))
    found = measure_patch(patch, project.instance, Watched(), lambda _: project.spec, WAIT_S)
    assert len(applied) == 4
    assert found.reason == ""


def test_a_sandbox_that_fails_leaves_a_reason(project, sandboxes) -> None:
    def broken(_):
        raise SandboxError("no room")

    found = measure_patch(made("x"), project.instance, sandboxes, broken, WAIT_S)
    assert found.test_s is found.new_findings is None
    assert found.reason == "no room"


def test_tests_that_are_not_believed_are_not_timed_and_the_reason_says_why(project, tiny, sandboxes) -> None:
    """The reason used to be empty where a run was not trusted."""
    patch = made(tiny.fix("min(high, max(value, low))"))
    found = measure_patch(patch, project.instance, sandboxes, lambda _: project.spec, 0.01)
    assert found.test_s is found.gold_test_s is None
    assert found.new_findings == 0
    assert found.reason == "tests of the patch: timeout; tests of the gold patch: timeout"


def test_equal_patches_of_an_instance_are_measured_once() -> None:
    attempts = {key: made("a" if key != "i.2" else "b", key) for key in ("i.0", "i.1", "i.2", "i.3")}
    verdicts = {
        key: Verdict(key, "i", "unresolved" if key == "i.3" else "resolved", "tests") for key in attempts
    }
    assert [t.rollout_id for t in distinct_resolving(attempts, verdicts)] == ["i.0", "i.2"]


def test_costs_are_paired_by_instance() -> None:
    measures = [
        PatchMeasure("a.0", "a", 2, 0, 3.0, 2.0),
        PatchMeasure("a.1", "a", 0, 0, 5.0, 2.0),
        PatchMeasure("b.0", "b", None, None, 1.0, 1.0, "ruff is not installed (extra 'dev')"),
    ]
    found = patch_costs(measures)
    assert (found["patches"], found["instances"]) == (3, 2)
    assert (found["new_findings_minus_gold"]["value"], found["new_findings_minus_gold"]["n"]) == (1.0, 1)
    assert found["test_seconds_minus_gold"]["value"] == pytest.approx(1.0)
    assert found["median_test_time_ratio"] == pytest.approx(1.5)
    assert found["reason"] == "ruff is not installed (extra 'dev')"
    nothing = patch_costs([])
    assert nothing["new_findings_minus_gold"]["value"] is nothing["median_test_time_ratio"] is None
    assert nothing["reason"] == "no attempt resolves its instance"
