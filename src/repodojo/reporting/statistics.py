"""What instances and attempts are like: the figures of the paper's Tables 2, 8 and 10, Figures 2 and 3."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import nan
from typing import Any

import numpy as np

from repodojo.metrics.bootstrap import pooled_estimate
from repodojo.metrics.patch_size import edited_files, edited_lines
from repodojo.metrics.plain import plain
from repodojo.metrics.reasons import NO_ATTEMPTS
from repodojo.metrics.wilson import wilson_interval
from repodojo.types import Instance, Outcome, Trajectory, Verdict

PERCENTILES = (5, 10, 25, 50, 75, 90, 95)


def instance_statistics(instances: Sequence[Instance]) -> dict[str, Any]:
    """Count and measure the instances of each split; None is undefined."""
    splits = sorted({each.split for each in instances}, reverse=True)
    kinds = {kind_of(each) for each in instances}
    found = {
        "instances": len(instances),
        "repositories": {
            repo: {split: sum(i.repo == repo and i.split == split for i in instances) for split in splits}
            for repo in sorted({each.repo for each in instances})
        },
        "splits": {split: _means([i for i in instances if i.split == split]) for split in splits},
        "kinds": {kind: Counter(i.split for i in instances if kind_of(i) == kind) for kind in sorted(kinds)},
    }
    result: dict[str, Any] = plain(found)
    return result


def sampling_statistics(
    trajectories: Iterable[Trajectory], verdicts: Mapping[str, Verdict], instances: Iterable[Instance]
) -> dict[str, Any]:
    """Count and measure a policy's attempts; attempts not measured count as unresolved, and apart."""
    by_id = {each.instance_id: each for each in instances}
    attempts = sorted(trajectories, key=lambda each: (each.instance_id, each.attempt))
    outcome_of = {key: verdict.outcome for key, verdict in verdicts.items()}
    resolved = [each for each in attempts if outcome_of.get(each.rollout_id) == "resolved"]
    failed = [each for each in attempts if outcome_of.get(each.rollout_id) == "unresolved"]

    def rates(key: Callable[[Trajectory], Any]) -> dict[str, Any]:
        groups: dict[str, list[Trajectory]] = {}
        for each in attempts:
            groups.setdefault(str(key(each)), []).append(each)
        return {name: _rate(groups[name], outcome_of) for name in sorted(groups)}

    successes = Counter(each.instance_id for each in resolved)
    found = {
        "rollouts": len(attempts),
        "resolved": len(resolved),
        "not_measured": len(attempts) - len(resolved) - len(failed),
        "resolve_rate": _rate(attempts, outcome_of),
        "sources": [
            {"policy": policy, "temperature": temperature} | _rate(group, outcome_of)
            for (policy, temperature), group in _sources(attempts).items()
        ],
        "by_attempt": rates(lambda each: f"{each.attempt:02d}"),
        "by_repository": rates(lambda each: by_id[each.instance_id].repo),
        "by_kind": rates(lambda each: kind_of(by_id[each.instance_id])),
        "messages": {
            "resolved": _spread(map(_messages, resolved)),
            "unresolved": _spread(map(_messages, failed)),
        },
        "tokens": {"resolved": _spread(map(_tokens, resolved)), "unresolved": _spread(map(_tokens, failed))},
        "successes": sorted(successes.values(), reverse=True),
    }
    result: dict[str, Any] = plain(found)
    return result


def kind_of(instance: Instance) -> str:
    """Return the kind of bug that was injected."""
    return str(instance.metadata.get("kind", "unknown"))


def _means(instances: Sequence[Instance]) -> dict[str, float]:
    def mean(values: Callable[[Instance], float]) -> float:
        return float(np.mean([values(each) for each in instances])) if instances else nan

    return {
        "instances": len(instances),
        "repositories": len({each.repo for each in instances}),
        "issue_words": mean(lambda each: len(each.problem_statement.split())),
        "gold_lines": mean(lambda each: edited_lines(each.patch)),
        "gold_files": mean(lambda each: edited_files(each.patch)),
        "fail_to_pass": mean(lambda each: len(each.FAIL_TO_PASS)),
        "tests": mean(lambda each: len(each.FAIL_TO_PASS) + len(each.PASS_TO_PASS)),
        "names_function": mean(lambda each: bool(each.metadata.get("names_function"))),
    }


def _rate(attempts: Sequence[Trajectory], outcome_of: Mapping[str, Outcome]) -> dict[str, Any]:
    """Return the share resolved, its interval by resampling instances (Wilson's for one attempt at each).

    The bounds are those that attempts which were not measured leave open.
    """
    flags: dict[str, list[bool]] = {}
    outcomes = [outcome_of.get(each.rollout_id, "not_measured") for each in attempts]
    for each, outcome in zip(attempts, outcomes, strict=True):
        flags.setdefault(each.instance_id, []).append(outcome == "resolved")
    resolved, unknown = outcomes.count("resolved"), outcomes.count("not_measured")
    found = pooled_estimate(flags.values(), over_nothing=NO_ATTEMPTS, span=(0.0, 1.0))
    if len(flags) == len(attempts):
        low, high = wilson_interval(resolved, len(attempts))
        found = found._replace(low=low, high=high)
    most = (resolved + unknown) / len(attempts) if attempts else nan
    bounds = {"not_measured": unknown, "lower_bound": found.value, "upper_bound": most}
    return {"attempts": len(attempts), "resolved": resolved, **bounds, **found._asdict()}


def _sources(attempts: Iterable[Trajectory]) -> dict[tuple[str, float], list[Trajectory]]:
    groups: dict[tuple[str, float], list[Trajectory]] = {}
    for each in attempts:
        groups.setdefault((each.policy, each.temperature), []).append(each)
    return dict(sorted(groups.items()))


def _messages(trajectory: Trajectory) -> int:
    return len(trajectory.messages)


def _tokens(trajectory: Trajectory) -> int:
    """Return the tokens of the whole conversation: the last prompt and the answer to it."""
    last = trajectory.turns[-1] if trajectory.turns else None
    return last.prompt_tokens + last.completion_tokens if last else 0


def _spread(values: Iterable[int]) -> dict[str, Any]:
    found = np.array(list(values), dtype=np.float64)
    names = ("mean", "sd", "min", "max", *(f"p{p}" for p in PERCENTILES))
    if not len(found):
        return {"n": 0, "reason": NO_ATTEMPTS} | dict.fromkeys(names, nan)
    numbers = (found.mean(), found.std(), found.min(), found.max(), *np.percentile(found, PERCENTILES))
    return {"n": len(found)} | {name: float(number) for name, number in zip(names, numbers, strict=True)}
