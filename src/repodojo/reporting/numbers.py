"""The headline numbers of a run's results, one function for each dataset that holds some."""

from collections.abc import Iterator, Mapping
from typing import Any

from repodojo.reporting.summary import Number

POLICIES = {"zero_shot": "zero-shot", "control": "control", "fine_tuned": "fine-tuned"}

Results = Mapping[str, Any]
Named = Iterator[tuple[str, Number]]


def headline_numbers(results: Results) -> dict[str, Number]:
    """Return every headline number by name; ``results`` holds datasets by name, dots as underscores."""
    numbers = dict(_instances(results["instance_statistics"]))
    numbers |= dict(_sampling(results["sampling_statistics"], results["curation_report"]))
    for policy in POLICIES:
        metrics = results[f"{policy}_metrics"]
        numbers |= dict(_policy(policy, metrics["overall"], ""))
        for repo, part in metrics["projects"].items():
            numbers |= dict(_policy(policy, part, repo))
    for baseline in ("zero_shot", "control"):
        for group, part in results[f"fine_tuned_minus_{baseline}"].items():
            numbers |= dict(_gain(baseline, part, "" if group == "overall" else group))
    curves = results["scaling_curves"]
    numbers |= dict(_scaling(curves["overall"], curves["max_k"], ""))
    for repo, part in curves["projects"].items():
        numbers |= dict(_scaling(part, curves["max_k"], repo))
    quality = results["verifier_quality"]
    numbers |= dict(_verifier(quality["overall"], ""))
    for repo, part in quality["projects"].items():
        numbers |= dict(_verifier(part, repo))
    return numbers


def _command(pipeline: str) -> str:
    return f"kedro run --pipeline={pipeline}"


def _instances(statistics: Results) -> Named:
    common: Any = {"dataset": "instance_statistics", "command": _command("env_build"), "unit": "count"}
    total, repos = statistics["instances"], len(statistics["repositories"])
    yield "instances", Number(label="instances built", value=total, n=repos, of="projects", **common)
    for split, part in statistics["splits"].items():
        label = f"instances built, {split.replace('_', ' ')}"
        count = part["instances"]
        yield (
            f"instances.{split}",
            Number(label=label, value=count, n=part["repositories"], of="projects", **common),
        )


def _sampling(statistics: Results, curation: Results) -> Named:
    rate = statistics["resolve_rate"]
    common: Any = {"dataset": "sampling_statistics", "command": _command("sampling")}
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
            **_interval(rate),
            n=statistics["rollouts"],
            of="rollouts",
            unit="share",
            not_measured=statistics["not_measured"],
            **common,
        ),
    )
    common = {"dataset": "curation_report", "command": _command("dedup_capping"), "unit": "count"}
    for name, label in (("chosen", "trajectories trained on"), ("control", "unresolved ones in the control")):
        yield (
            f"curation.{name}",
            Number(label=label, value=curation[name], n=curation["asked"], of="trajectories", **common),
        )


def _policy(policy: str, metrics: Results, repo: str) -> Named:
    """Yield the numbers of one policy, overall or of one repository."""
    name, label = _named(policy, POLICIES[policy], repo)
    common: Any = {"dataset": f"{policy}.metrics", "command": _command("evaluation")}
    greedy = metrics["greedy"]
    yield (
        f"{name}.resolve_rate",
        Number(
            label=f"resolve rate {label}, greedy",
            **_interval(greedy),
            **{key: greedy[key] for key in ("n", "not_measured", "lower_bound", "upper_bound")},
            of="instances",
            unit="share",
            **common,
        ),
    )
    over: Any = common | {"n": metrics["attempts"], "of": "rollouts", "not_measured": metrics["not_measured"]}
    yield (
        f"{name}.mean_resolve_rate",
        Number(
            label=f"resolve rate {label}, mean of all attempts",
            **_interval(metrics["mean"]),
            unit="share",
            **over,
        ),
    )
    for key, what in _COMPANIONS.items():
        unit: Any = "turns" if key == "average_turns" else "share"
        yield (
            f"{name}.{key}",
            Number(label=f"{what} {label}", **_interval(metrics["rates"][key]), unit=unit, **over),
        )


_COMPANIONS = {
    "well_formed": "share of well-formed answers",
    "empty_patch": "share of empty patches",
    "stuck_in_loop": "share stuck in a loop",
    "average_turns": "average turns",
}


def _gain(baseline: str, part: Results, repo: str) -> Named:
    """Yield what fine-tuning gains over a baseline."""
    name, where = _named(f"fine_tuned_minus_{baseline}", "", repo)
    for key, how in (("greedy", "greedy"), ("mean", f"mean of {part['attempts']} attempts")):
        yield (
            f"{name}.{key}",
            Number(
                label=f"fine-tuned minus {POLICIES[baseline]}{where}, {how}",
                **_interval(part[key]),
                n=part[key]["n"],
                lower_bound=part[key].get("lower_bound"),
                upper_bound=part[key].get("upper_bound"),
                of="instances",
                unit="difference of shares",
                dataset=f"fine_tuned_minus_{baseline}",
                command=_command("evaluation"),
            ),
        )


def _scaling(curves: Results, max_k: int, repo: str) -> Named:
    """Yield the curves over k and what the verifier gains."""
    name, where = _named("scaling", "", repo)
    common: Any = {
        "of": "instances",
        "dataset": "scaling_curves",
        "command": _command("inference_scaling"),
    }
    for curve, label in (("pass", "pass@"), ("best", "best@"), ("random", "random@")):
        for k, point in curves[f"{curve}_at_k"].items():
            yield (
                f"{name}.{curve}_at_{k}",
                Number(
                    label=f"{label}{k}{where}",
                    **{
                        key: point[key] for key in ("value", "low", "high", "n", "lower_bound", "upper_bound")
                    },
                    unit="share",
                    not_measured=curves["not_measured"],
                    **common,
                ),
            )
    yield from _verifier_gains(curves, max_k, name, where, common)


def _verifier_gains(curves: Results, max_k: int, name: str, where: str, common: Any) -> Named:
    """Yield what picking by score gains."""
    for key, label in (("greedy", "greedy"), ("random", f"random@{max_k}")):
        found = curves[f"best_minus_{key}"]
        yield (
            f"{name}.best_minus_{key}",
            Number(
                label=f"best@{max_k} minus {label}{where}",
                **_interval(found),
                n=found["n"],
                unit="difference of shares",
                **common,
            ),
        )
    for key, label in (
        ("majority", "majority vote over all attempts"),
        ("gap_closed", f"share of the gap from random@{max_k} to pass@{max_k} that best@{max_k} closes"),
    ):
        found = curves[key]
        yield (
            f"{name}.{key}",
            Number(label=label + where, **_interval(found), n=found["n"], unit="share", **common),
        )


def _verifier(quality: Results, repo: str) -> Named:
    """Yield how well the verifier's scores rank, and how well they are calibrated."""
    name, where = _named("verifier", "", repo)
    common: Any = {"dataset": "verifier_quality", "command": _command("verifier"), "unit": "share"}
    for key, label in (("auc", "AUC of the verifier"), ("auc_within_instance", "the same within instances")):
        found = quality[key]
        yield (
            f"{name}.{key}",
            Number(label=label + where, **_interval(found), n=found["n"], of="instances", **common),
        )
    yield (
        f"{name}.calibration_error",
        Number(
            label=f"calibration error of the verifier{where}",
            value=quality["calibration_error"],
            n=quality["attempts"] - quality["missing_scores"],
            of="rollouts",
            **common,
        ),
    )


def _interval(estimate: Results) -> dict[str, float | None]:
    return {key: estimate[key] for key in ("value", "low", "high")}


def _named(name: str, label: str, repo: str) -> tuple[str, str]:
    """Return the name and the words of a number, for all instances or for one repository's."""
    return (f"projects.{repo}.{name}", f"{label} on {repo}") if repo else (name, label)
