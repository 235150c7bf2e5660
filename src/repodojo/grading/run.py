"""Grades patches by an instance's hidden tests, each in a fresh sandbox that gets nothing but the patch."""

import time
from pathlib import Path
from typing import NamedTuple

from repodojo.environments.sandbox import Sandbox, Sandboxes, SandboxSpec
from repodojo.errors import InputError, SandboxError
from repodojo.grading.infrastructure import describe_failure
from repodojo.grading.patches import admissible_patch, patch_digest
from repodojo.grading.rules import Rule
from repodojo.grading.test_run import TestRun, referee_spec, run_tests, run_tests_in
from repodojo.grading.verdict import judge_statuses, not_measured, refuse
from repodojo.types import Instance, Trajectory, Verdict

__all__ = ["GRADER_VERSION", "TestRun", "grade", "run_tests"]

GRADER_VERSION = 7
"""Raised with every change that can change a verdict."""
_TRIES = 2
_APPLY_S = 60.0
_MODEL_PATCH, _TEST_PATCH = "/tmp/model.patch", "/tmp/test.patch"  # noqa: S108
_NOT_APPLIED = 3
_APPLY = f"""
export GIT_CONFIG_GLOBAL=/dev/null
git apply --whitespace=nowarn {_MODEL_PATCH} || exit {_NOT_APPLIED}
[ ! -s {_TEST_PATCH} ] || git apply --whitespace=nowarn {_TEST_PATCH} || exit 4
rm {_MODEL_PATCH} {_TEST_PATCH}
"""


class _Asked(NamedTuple):
    """Whose patch it is, and how it is judged."""

    rollout_id: str
    digest: str
    rule: Rule


def grade(
    attempt: Trajectory | str,
    instance: Instance,
    sandboxes: Sandboxes,
    spec: SandboxSpec,
    timeout_s: float,
    rule: Rule = "strict",
) -> Verdict:
    """Grade a trajectory's patch, or a patch: apply it, put the hidden tests in place, run them, judge.

    A failure of the infrastructure is given a second try in another sandbox, then the outcome is
    ``not_measured``.
    """
    model_patch, rollout_id = (
        (attempt, "") if isinstance(attempt, str) else (attempt.model_patch, attempt.rollout_id)
    )
    digest = patch_digest(model_patch)
    try:
        patch = admitted(model_patch, instance, spec)
    except InputError:
        return refuse(instance, rollout_id, "patch_does_not_apply", digest, 0.0)
    if not patch.strip():
        return refuse(instance, rollout_id, "empty_patch", digest, 0.0)
    failure = ""
    for _ in range(_TRIES):
        try:
            asked = _Asked(rollout_id, digest, rule)
            return _grade_once(patch, instance, sandboxes, spec, timeout_s, asked)
        except SandboxError as error:
            failure = describe_failure(error)
    return not_measured(instance, rollout_id, failure, digest)


def admitted(patch: str, instance: Instance, spec: SandboxSpec) -> str:
    """Return what of a patch counts in an instance's sandbox.

    Raises:
        InputError: it is refused as a whole.
    """
    packages = frozenset(name for mount in spec.mounts for name in _modules(mount.source))
    return admissible_patch(patch, instance.patch, instance.test_patch, instance.test_files, packages)


def _grade_once(
    patch: str,
    instance: Instance,
    sandboxes: Sandboxes,
    spec: SandboxSpec,
    timeout_s: float,
    asked: _Asked,
) -> Verdict:
    start = time.monotonic()
    rollout_id, digest, rule = asked
    with sandboxes.start(referee_spec(spec)) as sandbox:
        if not apply_patches(sandbox, patch, instance):
            return refuse(instance, rollout_id, "patch_does_not_apply", digest, time.monotonic() - start)
        run = run_tests_in(sandbox, spec, instance.test_files, timeout_s)
    duration = time.monotonic() - start
    if run.timed_out:
        return refuse(instance, rollout_id, "timeout", digest, duration)
    if not run.trusted:
        return refuse(instance, rollout_id, f"untrusted_report: {run.fault}", digest, duration)
    return judge_statuses(run.statuses, instance, rollout_id, digest, duration, rule)


def apply_patches(sandbox: Sandbox, patch: str, instance: Instance) -> bool:
    """Apply a patch and then the hidden tests; whether the first could be applied."""
    for path, text in ((_MODEL_PATCH, patch), (_TEST_PATCH, instance.test_patch)):
        sandbox.write(path, text.encode("utf-8", errors="surrogateescape"))
    result = sandbox.run(_APPLY, _APPLY_S)
    if result.exit_code == _NOT_APPLIED and b"No space left on device" not in result.output:
        return False
    if result.exit_code != 0:
        raise SandboxError(f"{instance.instance_id}: test_patch does not apply: {result.text[-500:]}")
    return True


def _modules(folder: Path) -> list[str]:
    return [path.name.removesuffix(".py") for path in folder.iterdir()] if folder.is_dir() else []
