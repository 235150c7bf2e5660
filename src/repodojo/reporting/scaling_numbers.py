"""Headline numbers of inference-time scaling and of the verifier."""

from typing import Any

from repodojo.metrics.reasons import NO_SCORES
from repodojo.reporting.named import Named, Results, command, interval, named
from repodojo.reporting.summary import Number


def scaling_numbers(curves: Results, max_k: int, repo: str) -> Named:
    """Yield the curves over k and what the verifier gains."""
    name, where = named("scaling", "", repo)
    common: Any = {
        "of": "instances",
        "dataset": "scaling_curves",
        "command": command("inference_scaling"),
    }
    for curve, label in (("pass", "pass@"), ("best", "best@"), ("random", "random@")):
        for k, point in curves[f"{curve}_at_k"].items():
            yield (
                f"{name}.{curve}_at_{k}",
                Number(
                    label=f"{label}{k}{where}",
                    **interval(point),
                    **{key: point[key] for key in ("n", "lower_bound", "upper_bound")},
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
                **interval(found),
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
            Number(label=label + where, **interval(found), n=found["n"], unit="share", **common),
        )


def verifier_numbers(quality: Results, repo: str) -> Named:
    """Yield how well the verifier's scores rank, and how well they are calibrated."""
    name, where = named("verifier", "", repo)
    common: Any = {"dataset": "verifier_quality", "command": command("verifier"), "unit": "share"}
    for key, label in (("auc", "AUC of the verifier"), ("auc_within_instance", "the same within instances")):
        found = quality[key]
        yield (
            f"{name}.{key}",
            Number(label=label + where, **interval(found), n=found["n"], of="instances", **common),
        )
    yield (
        f"{name}.calibration_error",
        Number(
            label=f"calibration error of the verifier{where}",
            value=quality["calibration_error"],
            reason=NO_SCORES if quality["calibration_error"] is None else "",
            n=quality["attempts"] - quality["missing_scores"],
            of="rollouts",
            **common,
        ),
    )
