"""Decides what a test run says about a patch."""

from collections.abc import Mapping

from repodojo.types import Instance, Outcome, Verdict


def failed_tests(statuses: Mapping[str, str], instance: Instance) -> tuple[str, ...]:
    """Return the FAIL_TO_PASS and PASS_TO_PASS ids that did not pass; a skipped or missing test did not."""
    wanted = dict.fromkeys([*instance.FAIL_TO_PASS, *instance.PASS_TO_PASS])
    return tuple(name for name in wanted if statuses.get(name) != "PASSED")


def judge_statuses(
    statuses: Mapping[str, str], instance: Instance, rollout_id: str, patch_digest: str, duration_s: float
) -> Verdict:
    """Return the verdict of a believed test run; without any FAIL_TO_PASS test nothing counts as resolved."""
    failed = failed_tests(statuses, instance)
    outcome: Outcome = "unresolved" if failed or not instance.FAIL_TO_PASS else "resolved"
    return Verdict(rollout_id, instance.instance_id, outcome, "tests", failed, patch_digest, duration_s)


def refuse(instance: Instance, rollout_id: str, cause: str, patch_digest: str, duration_s: float) -> Verdict:
    """Return the verdict of a patch whose tests gave nothing to believe: every test counts as failed."""
    failed = failed_tests({}, instance)
    return Verdict(rollout_id, instance.instance_id, "unresolved", cause, failed, patch_digest, duration_s)


def not_measured(instance: Instance, rollout_id: str, cause: str, patch_digest: str) -> Verdict:
    """Return the verdict of a grading that failed for reasons of its own."""
    return Verdict(rollout_id, instance.instance_id, "not_measured", cause, (), patch_digest)


def summarise(verdict: Verdict) -> dict[str, int]:
    """Count a verdict for the live bar."""
    return {
        "resolved": int(verdict.resolved),
        "infrastructure_failures": int(verdict.outcome == "not_measured"),
    }
