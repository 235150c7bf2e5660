"""Decides what a test run says about a patch."""

from collections.abc import Mapping

from repodojo.grading.rules import RequiredTests, Rule, can_resolve, failed_tests
from repodojo.types import OVER_BUDGET, Outcome, Verdict


def judge_statuses(
    statuses: Mapping[str, str],
    instance: RequiredTests,
    rollout_id: str,
    patch_digest: str,
    duration_s: float,
    rule: Rule = "strict",
) -> Verdict:
    """Return the verdict of a believed test run by a rule (see `rules`)."""
    failed = failed_tests(statuses, instance, rule)
    outcome: Outcome = "unresolved" if failed or not can_resolve(instance, rule) else "resolved"
    return Verdict(rollout_id, instance.instance_id, outcome, "tests", failed, patch_digest, duration_s)


def refuse(
    instance: RequiredTests, rollout_id: str, cause: str, patch_digest: str, duration_s: float
) -> Verdict:
    """Return the verdict of a patch whose tests gave nothing to believe: every test counts as failed."""
    failed = failed_tests({}, instance, "strict")
    return Verdict(rollout_id, instance.instance_id, "unresolved", cause, failed, patch_digest, duration_s)


def not_measured(instance: RequiredTests, rollout_id: str, cause: str, patch_digest: str) -> Verdict:
    """Return the verdict of a grading that failed for reasons of its own."""
    return Verdict(rollout_id, instance.instance_id, "not_measured", cause, (), patch_digest)


def summarise(verdict: Verdict) -> dict[str, int]:
    """Count a verdict for the live bar; what a budget left out is no failure."""
    over_budget = verdict.cause.startswith(OVER_BUDGET)
    return {
        "resolved": int(verdict.resolved),
        "infrastructure_failures": int(verdict.outcome == "not_measured" and not over_budget),
    }
