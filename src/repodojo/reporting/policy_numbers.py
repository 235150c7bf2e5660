"""Headline numbers of policies, and of what fine-tuning gains."""

from typing import Any

from repodojo.reporting.named import POLICIES, Named, Results, command, interval, named
from repodojo.reporting.summary import Number

_COMPANIONS = {
    "well_formed": "share of well-formed answers",
    "empty_patch": "share of empty patches",
    "stuck_in_loop": "share stuck in a loop",
    "average_turns": "average turns",
}


def policy_numbers(policy: str, metrics: Results, repo: str) -> Named:
    """Yield the numbers of one policy, overall or of one repository."""
    name, label = named(policy, POLICIES[policy], repo)
    common: Any = {"dataset": f"{policy}.metrics", "command": command("evaluation")}
    greedy = metrics["greedy"]
    yield (
        f"{name}.resolve_rate",
        Number(
            label=f"resolve rate {label}, greedy",
            **interval(greedy),
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
            **interval(metrics["mean"]),
            unit="share",
            **over,
        ),
    )
    for key, what in _COMPANIONS.items():
        unit: Any = "turns" if key == "average_turns" else "share"
        yield (
            f"{name}.{key}",
            Number(label=f"{what} {label}", **interval(metrics["rates"][key]), unit=unit, **over),
        )


def gain_numbers(baseline: str, part: Results, repo: str) -> Named:
    """Yield what fine-tuning gains over a baseline."""
    name, where = named(f"fine_tuned_minus_{baseline}", "", repo)
    for key, how in (("greedy", "greedy"), ("mean", f"mean of {part['attempts']} attempts")):
        yield (
            f"{name}.{key}",
            Number(
                label=f"fine-tuned minus {POLICIES[baseline]}{where}, {how}",
                **interval(part[key]),
                n=part[key]["n"],
                lower_bound=part[key].get("lower_bound"),
                upper_bound=part[key].get("upper_bound"),
                of="instances",
                unit="difference of shares",
                dataset=f"fine_tuned_minus_{baseline}",
                command=command("evaluation"),
            ),
        )
