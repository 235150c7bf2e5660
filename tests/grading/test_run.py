"""Honest gradings of a real project."""

from contextlib import contextmanager
from dataclasses import replace

import pytest

from repodojo.environments.sandbox import Limits
from repodojo.errors import SandboxError
from repodojo.grading.orders import Disturbance
from repodojo.grading.run import grade, run_tests
from repodojo.grading.test_run import referee_spec
from repodojo.types import Message, Trajectory

WAIT_S = 60


@pytest.fixture
def graded(project, sandboxes):
    return lambda patch: grade(patch, project.instance, sandboxes, project.spec, WAIT_S)


def test_the_gold_patch_resolves(graded, project):
    verdict = graded(project.instance.patch)
    assert (verdict.outcome, verdict.cause, verdict.failed_tests) == ("resolved", "tests", ())
    assert verdict.duration_s > 0


def test_another_repair_resolves_too(graded, tiny):
    assert graded(tiny.fix("min(high, max(value, low))")).resolved


def test_a_wrong_repair_fails_what_it_fails(graded, tiny, project):
    verdict = graded(tiny.fix("max(low, value)"))
    assert verdict.outcome == "unresolved"
    assert verdict.failed_tests == (project.instance.FAIL_TO_PASS[1],)


def test_a_repair_that_breaks_what_worked_is_not_one(graded, tiny, project):
    verdict = graded(tiny.fix("value if value < 10 else high"))
    assert verdict.failed_tests == (project.instance.PASS_TO_PASS[1],)


def test_a_syntax_error_fails_every_test(graded, tiny):
    verdict = graded(tiny.fix("max(low, min(value"))
    assert (verdict.outcome, verdict.cause, len(verdict.failed_tests)) == ("unresolved", "tests", 4)


@pytest.mark.parametrize(
    ("patch", "cause"),
    [
        ("", "empty_patch"),
        ("  \n", "empty_patch"),
        (
            "diff --git a/tests/test_clamp.py b/tests/test_clamp.py\nold mode 100644\nnew mode 100755\n",
            "empty_patch",
        ),
        (
            "diff --git a/nope.py b/nope.py\n--- a/nope.py\n+++ b/nope.py\n@@ -1 +1 @@\n-a\n+b\n",
            "patch_does_not_apply",
        ),
        ("diff --git a/../x b/../x\n--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-a\n+b\n", "patch_does_not_apply"),
    ],
)
def test_a_patch_that_cannot_be_graded_is_unresolved_for_its_cause(graded, patch, cause):
    verdict = graded(patch)
    assert (verdict.outcome, verdict.cause) == ("unresolved", cause)


def test_an_endless_loop_is_a_timeout(project, sandboxes, tiny):
    patch = tiny.fix("max(low, min(value, [high for _ in iter(int, 1)]))")
    verdict = grade(patch, project.instance, sandboxes, project.spec, 2)
    assert (verdict.outcome, verdict.cause) == ("unresolved", "timeout")


def test_a_trajectory_gives_its_id(project, sandboxes):
    trajectory = Trajectory(
        "acme__calc-clamp.0", project.instance.instance_id, "p", "s", 0, 0.0, 0, (Message("user", ""),), (),
        project.instance.patch, "Submitted",
    )  # fmt: skip
    verdict = grade(trajectory, project.instance, sandboxes, project.spec, WAIT_S)
    assert (verdict.rollout_id, verdict.resolved) == ("acme__calc-clamp.0", True)


def test_grading_is_repeatable(graded, tiny):
    verdicts = [replace(graded(tiny.fix("max(low, value)")), duration_s=0.0) for _ in range(3)]
    assert verdicts[0] == verdicts[1] == verdicts[2]


class Unreliable:
    """A backend whose first sandboxes cannot start."""

    name = "unreliable"

    def __init__(self, sandboxes, failures):
        self.sandboxes = sandboxes
        self.failures = failures

    @contextmanager
    def start(self, spec):
        if self.failures:
            self.failures -= 1
            raise SandboxError("no room")
        with self.sandboxes.start(spec) as sandbox:
            yield sandbox


def test_a_failure_of_the_infrastructure_is_tried_again_and_then_not_measured(project, sandboxes):
    arguments = (project.instance.patch, project.instance)
    once = grade(*arguments, Unreliable(sandboxes, 1), project.spec, WAIT_S)
    twice = grade(*arguments, Unreliable(sandboxes, 2), project.spec, WAIT_S)
    assert once.resolved
    assert (twice.outcome, "no room" in twice.cause) == ("not_measured", True)


def test_a_test_patch_that_does_not_apply_is_no_fault_of_the_model(project, sandboxes):
    broken = replace(
        project.instance, test_patch=project.instance.test_patch.replace("clamp(-1, 0, 9)", "odd")
    )
    verdict = grade(broken.patch, broken, sandboxes, project.spec, WAIT_S)
    assert verdict.outcome == "not_measured"
    assert "test_patch" in verdict.cause


def test_a_full_disk_is_no_verdict_on_the_tests(project, sandboxes):
    spec = replace(project.spec, limits=Limits(disk_bytes=1 << 12))
    assert grade(project.instance.patch, project.instance, sandboxes, spec, WAIT_S).outcome == "not_measured"


def test_tests_run_by_file_and_by_id_on_written_files(project, sandboxes):
    spec = project.spec
    files = {
        "calc/__init__.py": b"def add(a, b):\n    return 5\ndef clamp(*a):\n    return 0\n",
        "tests/test_extra.py": b"import pytest\nfrom calc import add\n"
        b"def test_five():\n    assert add(0, 0) == 5\n"
        b"def test_skipped():\n    pytest.skip('no')\n",
    }
    run = run_tests(sandboxes, spec, ["tests/test_extra.py", "tests/test_clamp.py::test_add"], WAIT_S, files)
    assert run.trusted, run.fault
    assert run.statuses == {
        "tests/test_extra.py::test_five": "PASSED",
        "tests/test_extra.py::test_skipped": "SKIPPED",
        "tests/test_clamp.py::test_add": "FAILED",
    }
    assert (run.exit_code, run.timed_out) == (1, False)


def test_subtests_are_no_tests_of_their_own_and_a_failing_one_fails_its_test(project, sandboxes):
    files = {
        "tests/test_extra.py": b"import unittest\nclass TestIt(unittest.TestCase):\n"
        b"    def test_good(self):\n        for i in range(3):\n            with self.subTest(i=i):\n"
        b"                pass\n"
        b"    def test_bad(self):\n        for i in range(3):\n            with self.subTest('odd', i=i):\n"
        b"                self.assertNotEqual(i, 1)\n"
    }
    run = run_tests(sandboxes, project.spec, ["tests/test_extra.py"], WAIT_S, files)
    name = "tests/test_extra.py::TestIt::test_"
    assert run.statuses == {f"{name}good": "PASSED", f"{name}bad": "FAILED"}, run.fault


def test_a_file_that_cannot_be_collected_is_an_error_of_that_file(project, sandboxes):
    files = {"tests/test_extra.py": b"import nothing_of_that_name\n"}
    run = run_tests(sandboxes, project.spec, ["tests/test_extra.py", "tests/test_other.py"], WAIT_S, files)
    assert run.statuses["tests/test_extra.py"] == "ERROR"


def test_a_test_that_does_not_exist_runs_nothing(project, sandboxes):
    run = run_tests(sandboxes, project.spec, ["tests/test_other.py::test_missing"], WAIT_S)
    assert run.statuses == {}


def test_what_tests_write_is_gone_in_the_next_run(project, sandboxes):
    test = b"from pathlib import Path\ndef test_once():\n    Path('mark').touch(exist_ok=False)\n"
    for _ in range(2):
        run = run_tests(
            sandboxes, project.spec, ["tests/test_extra.py"], WAIT_S, {"tests/test_extra.py": test}
        )
        assert run.statuses == {"tests/test_extra.py::test_once": "PASSED"}


def test_the_log_of_many_thousand_tests_is_kept_whole(project):
    """One of 1.1 MiB lost its middle, so that no run of that suite agreed with its log."""
    assert referee_spec(project.spec).limits.output_bytes >= 16 << 20


def test_a_bare_run_shows_the_tests_that_need_programs_which_not_every_machine_has(project, sandboxes):
    """A test that called gettext was resolved on a machine that has it, and failed in an image without."""
    text = "from shutil import which\n\n\n" + "\n\n".join(
        f"def test_{name}():\n    assert which('{name}')\n"
        for name in ("setsid", "git", "python", "bash", "env")
    )
    found = []
    for bare in (False, True):
        files = {"tests/test_programs.py": text.encode()}
        disturbance = Disturbance(bare=bare)
        run = run_tests(sandboxes, project.spec, list(files), WAIT_S, files, disturbance=disturbance)
        found.append({name.rpartition("_")[2] for name, status in run.statuses.items() if status == "PASSED"})
    assert found[0] - found[1] == {"setsid"}
    assert len(found[0]) == 5
