"""The headline numbers of a run's results, one function for each dataset that holds some."""

from typing import Any

from repodojo.metrics.wilson import wilson_interval
from repodojo.reporting.named import POLICIES, Named, Results, command, interval
from repodojo.reporting.policy_numbers import gain_numbers, policy_numbers
from repodojo.reporting.scaling_numbers import scaling_numbers, verifier_numbers
from repodojo.reporting.summary import Number


def headline_numbers(results: Results) -> dict[str, Number]:
    """Return every headline number by name; ``results`` holds datasets by name, dots as underscores."""
    numbers = dict(_instances(results["instance_statistics"]))
    numbers |= dict(_rollouts(results))
    numbers |= dict(_sampling(results["sampling_statistics"], results["curation_report"]))
    for policy in POLICIES:
        metrics = results[f"{policy}_metrics"]
        numbers |= dict(policy_numbers(policy, metrics["overall"], ""))
        for repo, part in metrics["projects"].items():
            numbers |= dict(policy_numbers(policy, part, repo))
    for baseline in ("zero_shot", "control"):
        for group, part in results[f"fine_tuned_minus_{baseline}"].items():
            numbers |= dict(gain_numbers(baseline, part, "" if group == "overall" else group))
    curves = results["scaling_curves"]
    numbers |= dict(scaling_numbers(curves["overall"], curves["max_k"], ""))
    for repo, part in curves["projects"].items():
        numbers |= dict(scaling_numbers(part, curves["max_k"], repo))
    quality = results["verifier_quality"]
    numbers |= dict(verifier_numbers(quality["overall"], ""))
    for repo, part in quality["projects"].items():
        numbers |= dict(verifier_numbers(part, repo))
    return numbers


def _instances(statistics: Results) -> Named:
    common: Any = {"dataset": "instance_statistics", "command": command("env_build"), "unit": "count"}
    total, repos = statistics["instances"], len(statistics["repositories"])
    yield "instances", Number(label="instances built", value=total, n=repos, of="projects", **common)
    for split, part in statistics["splits"].items():
        label = f"instances built, {split.replace('_', ' ')}"
        count, repos = part["instances"], part["repositories"]
        yield f"instances.{split}", Number(label=label, value=count, n=repos, of="projects", **common)
        share = part["names_function"]
        yield (
            f"instances.{split}.names_function",
            Number(
                label=f"share of issue texts that name the changed function, {split.replace('_', ' ')}",
                **interval({"value": share} | wilson_interval(round(share * count), count)._asdict()),
                n=count,
                of="instances",
                **common | {"unit": "share"},
            ),
        )


def _rollouts(results: Results) -> Named:
    """Yield all rollouts together."""
    sampled = sum(results[f"{name}_statistics"]["rollouts"] for name in ("sampling", "on_policy"))
    evaluated = sum(results[f"{policy}_metrics"]["overall"]["attempts"] for policy in POLICIES)
    yield (
        "rollouts",
        Number(
            label="rollouts, training and held out",
            value=sampled + evaluated,
            n=results["instance_statistics"]["instances"],
            of="instances",
            unit="count",
            dataset="results",
            command=command("reporting"),
        ),
    )


def _sampling(statistics: Results, curation: Results) -> Named:
    rate = statistics["resolve_rate"]
    common: Any = {"dataset": "sampling_statistics", "command": command("sampling")}
    yield (
        "teacher.rollouts",
        Number(
            label="rollouts of the teacher",
            value=statistics["rollouts"],
            n=rate["n"],
            of="instances",
            unit="count",
            not_measured=statistics["not_measured"],
            **common,
        ),
    )
    yield (
        "teacher.resolve_rate",
        Number(
            label="resolve rate of the teacher, all attempts",
            **interval(rate),
            n=statistics["rollouts"],
            of="rollouts",
            unit="share",
            **{key: rate[key] for key in ("not_measured", "lower_bound", "upper_bound")},
            **common,
        ),
    )
    common = {"dataset": "curation_report", "command": command("dedup_capping"), "unit": "count"}
    for name, label in (("chosen", "trajectories trained on"), ("control", "unresolved ones in the control")):
        yield (
            f"curation.{name}",
            Number(label=label, value=curation[name], n=curation["asked"], of="trajectories", **common),
        )
