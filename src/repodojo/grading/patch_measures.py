"""What a patch that resolves costs beside the gold patch: new lint findings, and the time of the tests.

Both patches are applied and run in sandboxes of the same kind, gold first and last, and the quicker of two
runs counts: neither a warm cache nor a busy moment favours one. A single pair of times is still noise, and
only many of them say something.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from repodojo.environments.sandbox import Sandbox, Sandboxes, SandboxSpec
from repodojo.errors import SandboxError
from repodojo.grading.lint import linter_is_installed, new_findings
from repodojo.grading.patches import touched_paths
from repodojo.grading.run import admitted, apply_patches
from repodojo.grading.test_run import referee_spec, run_tests_in
from repodojo.types import SCHEMA_VERSION, Instance, Trajectory, Verdict

MEASURE_VERSION = 2
"""Of how patches are measured; what another one measured is measured again."""


@dataclass(frozen=True)
class PatchMeasure:
    """One resolving patch beside the gold patch of its instance."""

    rollout_id: str
    instance_id: str
    new_findings: int | None
    """In the Python files that the patch touches; None where ruff is not installed."""
    gold_new_findings: int | None
    test_s: float | None
    gold_test_s: float | None
    reason: str = ""
    """Why something is None."""
    schema_version: int = SCHEMA_VERSION


def distinct_resolving(
    trajectories: Mapping[str, Trajectory], verdicts: Mapping[str, Verdict]
) -> list[Trajectory]:
    """Return the first attempt with each patch that resolves an instance."""
    found: dict[tuple[str, str], Trajectory] = {}
    for key, each in sorted(trajectories.items()):
        if key in verdicts and verdicts[key].resolved:
            found.setdefault((each.instance_id, each.model_patch), each)
    return list(found.values())


def measure_patch(
    trajectory: Trajectory,
    instance: Instance,
    sandboxes: Sandboxes,
    spec: Callable[[Instance], SandboxSpec],
    timeout_s: float,
) -> PatchMeasure:
    """Measure a trajectory's patch and the gold patch; what the sandbox fails at is None, with the reason."""
    try:
        started = spec(instance)
        patches = instance.patch, admitted(trajectory.model_patch, instance, started)
        order = (*patches, *reversed(patches))
        runs = [_measure(patch, instance, sandboxes, started, timeout_s) for patch in order]
        gold, ours = _quicker(runs[0], runs[3]), _quicker(runs[1], runs[2])
    except SandboxError as error:
        return PatchMeasure(trajectory.rollout_id, instance.instance_id, *(None,) * 4, reason=str(error))
    reasons = [
        "" if linter_is_installed() else "ruff is not installed (extra 'dev')",
        ours.fault and f"tests of the patch: {ours.fault}",
        gold.fault and f"tests of the gold patch: {gold.fault}",
    ]
    return PatchMeasure(
        trajectory.rollout_id,
        instance.instance_id,
        *(ours.new_findings, gold.new_findings, ours.test_s, gold.test_s),
        reason="; ".join(filter(None, reasons)),
    )


class _Measured(NamedTuple):
    """What one patch costs; ``fault`` is why the run of its tests is not believed, and so not timed."""

    new_findings: int | None
    test_s: float | None
    fault: str


def _quicker(one: _Measured, other: _Measured) -> _Measured:
    """Return what two runs of a patch found; a fault of either is one of both."""
    times = [each.test_s for each in (one, other) if each.test_s is not None]
    return _Measured(one.new_findings, min(times) if len(times) == 2 else None, one.fault or other.fault)


def _measure(
    patch: str, instance: Instance, sandboxes: Sandboxes, spec: SandboxSpec, timeout_s: float
) -> _Measured:
    paths = sorted(path for path in touched_paths(patch) if path.endswith(".py"))
    with sandboxes.start(referee_spec(spec)) as sandbox:
        before = _sources(sandbox, paths)
        if not apply_patches(sandbox, patch, instance):
            raise SandboxError(
                f"{instance.instance_id}: a patch that resolved before does not apply any more"
            )
        after = _sources(sandbox, paths)
        run = run_tests_in(sandbox, spec, instance.test_files, timeout_s)
    findings = sum(new_findings(before[p], after[p], p) for p in paths) if linter_is_installed() else None
    return _Measured(findings, run.duration_s if run.trusted else None, run.fault)


def _sources(sandbox: Sandbox, paths: Iterable[str]) -> dict[str, str]:
    """Read files; one that is not there is empty."""
    found = {}
    for path in paths:
        try:
            found[path] = sandbox.read(path).decode(errors="replace")
        except SandboxError:
            found[path] = ""
    return found
