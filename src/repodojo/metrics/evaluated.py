"""One policy's attempts: resolve rate and companions, and what two policies differ by, by repository too."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from repodojo.metrics.bootstrap import mean_estimate, undefined
from repodojo.metrics.half_sample import all_rows_half_sample_deviation, paper_half_sample_deviation
from repodojo.metrics.matrices import attempt_matrices
from repodojo.metrics.noise_floor import noise_floor, same_temperature
from repodojo.metrics.paired_difference import paired_difference
from repodojo.metrics.patch_size import patch_size
from repodojo.metrics.plain import plain
from repodojo.metrics.reasons import NO_ATTEMPTS
from repodojo.metrics.resolve_rate import resolve_rate
from repodojo.metrics.rollout_rates import rollout_rates
from repodojo.types import Instance, Outcome, Trajectory, Verdict


def evaluate(
    instances: Sequence[Instance], trajectories: Mapping[str, Trajectory], verdicts: Mapping[str, Verdict]
) -> dict[str, Any]:
    """Measure the attempts as JSON-compatible values; None is undefined."""
    asked = {t.instance_id for t in trajectories.values()}
    known = {i.instance_id: i for i in instances if i.instance_id in asked}
    projects = {
        repo: _measure({n: i for n, i in known.items() if i.repo == repo}, trajectories, verdicts)
        for repo in sorted({i.repo for i in known.values()})
    }
    return {"overall": _measure(known, trajectories, verdicts), "projects": projects}


def _measure(
    names: Mapping[str, Instance], trajectories: Mapping[str, Trajectory], verdicts: Mapping[str, Verdict]
) -> dict[str, Any]:
    attempts = [t for _, t in sorted(trajectories.items()) if t.instance_id in names]
    greedy = [t for t in attempts if t.attempt == 0]
    outcomes: list[Outcome] = [verdicts[t.rollout_id].outcome for t in greedy]
    matrices = attempt_matrices(sorted(names), attempts, verdicts)
    alike = matrices.outcomes[:, same_temperature(attempts)]
    found = {
        "instances": len(names),
        "attempts": len(attempts),
        "not_measured": sum(verdicts[t.rollout_id].outcome == "not_measured" for t in attempts),
        "greedy": resolve_rate(outcomes),
        "mean": mean_estimate(matrices.known.mean(axis=1)) if attempts else undefined(NO_ATTEMPTS),
        "deviations": _deviations(greedy, verdicts),
        "noise_floor": noise_floor(alike),
        "patch_size": patch_size(attempts, verdicts, names),
        "rates": rollout_rates(attempts),
        "greedy_rates": rollout_rates(greedy),
        "exit_statuses": dict(sorted(Counter(t.exit_status for t in attempts).items())),
        "causes": _causes(verdicts[t.rollout_id].cause for t in attempts),
    }
    result: dict[str, Any] = plain(found)
    return result


def _deviations(greedy: Sequence[Trajectory], verdicts: Mapping[str, Verdict]) -> dict[str, Any]:
    """Return the ± that the paper prints, and the same over all rows, with why either is undefined."""
    resolved = sum(verdicts[t.rollout_id].resolved for t in greedy)
    resolved_with_patch = sum(verdicts[t.rollout_id].resolved for t in greedy if t.model_patch)
    empty = sum(not t.model_patch for t in greedy)
    reason = ""
    if len(greedy) - empty < 2:
        reason = "fewer than two instances" + (" with a patch" if len(greedy) >= 2 else "")
    return {
        "paper_half_sample": paper_half_sample_deviation(resolved_with_patch, empty, len(greedy)),
        "all_rows_half_sample": all_rows_half_sample_deviation(resolved, len(greedy)),
        "reason": reason,
    }


def compare(
    instances: Sequence[Instance],
    ours: tuple[Mapping[str, Trajectory], Mapping[str, Verdict]],
    theirs: tuple[Mapping[str, Trajectory], Mapping[str, Verdict]],
) -> dict[str, Any]:
    """Compare two policies on the instances that both tried, greedy and over the attempts that both made."""
    asked = sorted({t.instance_id for t in ours[0].values()} & {t.instance_id for t in theirs[0].values()})
    repo_of = {i.instance_id: i.repo for i in instances}
    groups = {"overall": asked} | {
        repo: [name for name in asked if repo_of[name] == repo]
        for repo in sorted({repo_of[n] for n in asked})
    }
    result: dict[str, Any] = plain({group: _compare(names, ours, theirs) for group, names in groups.items()})
    return result


def _compare(
    names: list[str],
    ours: tuple[Mapping[str, Trajectory], Mapping[str, Verdict]],
    theirs: tuple[Mapping[str, Trajectory], Mapping[str, Verdict]],
) -> dict[str, Any]:
    left, right = (
        attempt_matrices(names, [t for t in trajectories.values() if t.instance_id in set(names)], verdicts)
        for trajectories, verdicts in (ours, theirs)
    )
    common = min(left.outcomes.shape[1], right.outcomes.shape[1])
    if not names or not common:
        nothing = undefined("no instance that both attempted")
        return {"attempts": common, "greedy": nothing, "mean": nothing}
    return {
        "attempts": common,
        "greedy": paired_difference(left.outcomes[:, :1], right.outcomes[:, :1]),
        "mean": paired_difference(left.outcomes[:, :common], right.outcomes[:, :common]),
    }


def _causes(causes: Iterable[str]) -> dict[str, int]:
    """Count causes by name; what follows a colon is of one attempt."""
    return dict(sorted(Counter(cause.partition(":")[0] for cause in causes).items()))
