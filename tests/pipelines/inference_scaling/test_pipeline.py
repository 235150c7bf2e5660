"""The pipeline measures the held-out attempts only, and joins them with scores by rollout_id."""

from typing import Any

from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from repodojo.metrics.settings import ScalingSettings
from repodojo.pipelines.inference_scaling import create_pipeline
from repodojo.types import Instance, Trajectory, Verdict, to_json
from repodojo.verifier.calibration import Temperature
from repodojo.verifier.features import AttemptFeatures
from repodojo.verifier.fits import Fits
from repodojo.verifier.linear import LinearFit


def instance(name: str, split: str) -> Instance:
    return Instance(
        *(name, f"o/{name}", "1", "0", "", "", "", ("t",), (), "e", ("t.py",)),
        split=split,
    )


def features(policy: str, split: str, names: tuple[str, ...]) -> list[AttemptFeatures]:
    """Of two attempts at each instance the second, with the higher score, resolves it."""
    return [
        AttemptFeatures(
            *(f"{name}.{attempt}", policy, name, f"o/{name}", split, attempt),
            *("resolved" if attempt else "unresolved", 0.1 + 0.8 * attempt, 0.0, None),
        )
        for name in names
        for attempt in range(2)
    ]


def test_pipeline_writes_curves_overall_and_for_each_project() -> None:
    outcomes = {"a.0": "unresolved", "a.1": "resolved", "b.0": "unresolved", "b.1": "unresolved"}
    made = {
        key: Trajectory(*(key, key[0], "p", "s", int(key[2]), 0.0, 0), (), (), "diff", "Submitted")
        for key in outcomes
    }
    training = {policy: features(policy, "train", ("seen", "t")) for policy in ("teacher", "on_policy")}
    inputs: dict[str, Any] = {
        "instances": [instance("a", "held_out"), instance("b", "held_out"), instance("t", "train")],
        "fine_tuned.trajectories": made,
        "fine_tuned.verdicts": {key: Verdict(key, key[0], found, "tests") for key, found in outcomes.items()},
        "control.trajectories": {key: made[key] for key in ("a.0", "b.0")},
        "control.verdicts": {key: Verdict(key, key[0], "unresolved", "tests") for key in ("a.0", "b.0")},
        "verifier_scores": {"a.0": 0.1, "a.1": 0.9, "b.0": None, "b.1": 0.2},
        "params:inference_scaling": ScalingSettings(max_k=2, attempts_share=0.75),
        **{f"{policy}.features": made for policy, made in training.items()},
        "verifier_fits": to_json(
            Fits(LinearFit(()), LinearFit(()), Temperature(None), ("o/t",), verifier_saw_them=False)
        ),
        "fine_tuned.features": features("fine_tuned", "held_out", ("a", "b")),
    }
    catalog = DataCatalog({name: MemoryDataset(value) for name, value in inputs.items()})
    outputs = SequentialRunner().run(create_pipeline(), catalog)
    names = ("scaling_curves", "attempt_costs", "adaptive_attempts", "instance_results")
    curves, costs, adaptive, results = (outputs[name].load() for name in names)
    overall = curves["overall"]
    assert (overall["instances"], overall["missing_scores"]) == (2, 1)
    assert [overall["best_at_k"][k]["value"] for k in ("1", "2")] == [0.25, 0.5]
    assert overall["best_minus_greedy"]["value"] == 0.5
    assert list(curves["projects"]) == ["o/a", "o/b"]
    assert curves["projects"]["o/a"]["best_at_k"]["2"]["value"] == 1.0
    assert costs["of_k"]["2"]["attempts"] == 2
    assert adaptive["rule"]["instances"] == 2
    # Of the training instances only those that the verifier never saw are left: one for each policy.
    assert (adaptive["rule"]["threshold"], adaptive["rule"]["at_most"]) == (0.9, 2)
    assert (adaptive["mean_attempts"]["value"], adaptive["gap_closed"]["value"]) == (1.5, 1.0)
    assert adaptive["reaches_aim"] is False
    # The attempt that resolves is the second, and the control made only the first.
    for row, name in zip(results, "ab", strict=True):
        assert row == {
            **{"instance_id": name, "k": 2, "greedy": 0.0, "mean": 0.5, "mean_shared": 0.0, "control": 0.0},
            **{"random_at_k": 0.5, "best_at_k": 1.0, "pass_at_k": 1.0},
        }
