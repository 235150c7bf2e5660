"""The verifier is fitted on training attempts and compared with its baselines on held-out ones."""

from typing import Any

from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from repodojo.pipelines.verifier import create_pipeline
from repodojo.pipelines.verifier.nodes import build_verifier_rows
from repodojo.types import Instance, Message, Trajectory, Turn, Verdict
from repodojo.verifier.settings import VerifierSettings

FITTED = ("fit_on_training_attempts", "score_alternatives", "compare_with_baselines", "evaluate_verifier")
DESCRIBED = (
    "merge_scores",
    *(f"describe_{name}_attempts" for name in ("teacher", "on_policy", "fine_tuned")),
)


def attempts(policy: str, names: list[str]) -> dict[str, Any]:
    """Two attempts at each instance: one that fails, a longer one that resolves it with a higher score."""
    made, verdicts, scores = {}, {}, {}
    for name in names:
        for attempt in range(2):
            key = f"{name}.{attempt}"
            turns = (Turn("ls", 0, 1, 1, "stop", 0.0, 0.0),) * (2 + attempt)
            messages = (Message("user", "the issue"), Message("assistant", "a" * (1 + attempt)))
            made[key] = Trajectory(
                *(key, name, policy, "s", attempt, 0.0, 0), messages, turns, "diff", "Submitted"
            )
            verdicts[key] = Verdict(key, name, "resolved" if attempt else "unresolved", "tests")
            scores.setdefault(name, {})[key] = 0.3 + 0.3 * attempt
    kind = "instance_scores" if policy == "fine_tuned" else f"{policy}.scores"
    return {f"{policy}.trajectories": made, f"{policy}.verdicts": verdicts, kind: scores}


def test_fits_and_comparison_come_out_of_the_graph() -> None:
    names = {"train": [f"t{n}" for n in range(8)], "held_out": [f"h{n}" for n in range(5)]}
    instances = [
        Instance(*(name, "o/r", "1", "0", "", "", "", ("t",), (), "e", ("t.py",)), split=split)
        for split, listed in names.items()
        for name in listed
    ]
    inputs: dict[str, Any] = {"instances": instances, "params:verifier": VerifierSettings()}
    for policy in ("teacher", "on_policy", "fine_tuned"):
        inputs |= attempts(policy, names["held_out" if policy == "fine_tuned" else "train"])
    catalog = DataCatalog({name: MemoryDataset(value) for name, value in inputs.items()})
    pipeline = create_pipeline().filter(node_names=[*DESCRIBED, *FITTED])
    outputs = SequentialRunner().run(pipeline, catalog)
    comparison, quality = outputs["verifier_comparison"].load(), outputs["verifier_quality"].load()
    assert comparison["fits"]["linear"]["n"] == 32
    assert comparison["fits"]["verifier_saw_them"] is True
    assert comparison["scorers"]["verifier"]["auc"]["value"] == 1.0
    assert comparison["scorers"]["fewest_turns"]["auc"]["value"] == 0.0
    # Turns tell the outcome here, so the linear baseline is as good as the verifier.
    assert comparison["not_beaten"] == ["linear"]
    assert [group["attempts"] for group in quality["by_size"]["turns"]] == [5, 5]
    assert quality["overall"]["point_biserial"] == 1.0


def test_rows_come_of_both_policies() -> None:
    made = attempts("teacher", ["t0", "t1"])
    instances = [
        Instance(*(name, "o/r", "1", "0", "", "", "", ("t",), (), "e", ("t.py",))) for name in ("t0", "t1")
    ]
    both = (made["teacher.trajectories"], made["teacher.verdicts"])
    rows = build_verifier_rows(*both, *both, instances, VerifierSettings())
    assert len(rows) == 8
    only = build_verifier_rows(*both, *both, instances, VerifierSettings(mix="on_policy", form="patch"))
    assert sorted(row["messages"][-1]["content"] for row in only) == ["False", "False", "True", "True"]
