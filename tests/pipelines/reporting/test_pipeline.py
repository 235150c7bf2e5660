"""The pipeline turns what the others left into the summary, the tables, the figures and the page."""

import random
from pathlib import Path
from typing import Any

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from kedro_datasets.json import JSONDataset
from kedro_datasets.text import TextDataset

from repodojo.curation.curate import curate
from repodojo.curation.settings import CurationSettings
from repodojo.instances.mining.funnel import count
from repodojo.metrics.costs import attempt_costs
from repodojo.metrics.evaluated import compare, evaluate
from repodojo.metrics.scaling import scale_attempts
from repodojo.metrics.settings import ScalingSettings
from repodojo.metrics.stopping_rule import fit_stopping_rule, measure_stopping_rule
from repodojo.metrics.verifier_quality import verifier_quality
from repodojo.pipelines.reporting import create_pipeline
from repodojo.pipelines.reporting.pipeline import FIGURES
from repodojo.rollouts.settings import RolloutSettings
from repodojo.training.settings import SFTSettings
from repodojo.types import Instance, Trajectory, Verdict, to_json
from repodojo.verifier.comparison import compare_verifier, own_matrices
from repodojo.verifier.features import attempt_features
from repodojo.verifier.fits import fit_all, score_baselines, score_fitted
from repodojo.verifier.settings import VerifierSettings, VerifierTraining

Attempts = tuple[dict[str, Trajectory], dict[str, Verdict]]


def attempts(names: list[str], count: int, chance: float) -> Attempts:
    generator, made, graded = random.Random(f"{names}{count}{chance}"), {}, {}
    for name in names:
        for attempt in range(count):
            key = f"{name}.{attempt}"
            made[key] = Trajectory(*(key, name, "p", "s", attempt, 0.0, 0), (), (), "diff", "Submitted")
            outcome = "resolved" if generator.random() < chance else "unresolved"
            graded[key] = Verdict(key, name, outcome, "tests")
    return made, graded


@pytest.fixture(scope="module")
def catalog() -> DataCatalog:
    """What the other pipelines leave, of four instances."""
    instances = [
        Instance(*(name, f"o/{name}", "1", "0", "words", "", "", ("t",), (), "e", ("t.py",)), split=split)
        for name, split in (("a", "train"), ("b", "train"), ("c", "held_out"), ("d", "held_out"))
    ]
    made = {
        "teacher": attempts(["a", "b"], 2, 0.5),
        "on_policy": attempts(["a", "b"], 2, 0.4),
        **{policy: attempts(["c", "d"], 2, 0.5) for policy in ("zero_shot", "control", "fine_tuned")},
    }
    fine_tuned = made["fine_tuned"]
    scores = dict.fromkeys(fine_tuned[0], 0.5)
    curves = scale_attempts(
        instances[2:], fine_tuned[0].values(), fine_tuned[1], scores, ScalingSettings(max_k=2)
    )
    report = curate(made["teacher"][0].values(), made["teacher"][1], instances, CurationSettings()).report
    tried = attempt_features(*fine_tuned, scores, {each.instance_id: each for each in instances})
    fits = fit_all([], frozenset())
    fitted = score_fitted(tried, fits)
    values: dict[str, Any] = {
        "instances": instances,
        "certificates": {},
        "instance_funnel": [],
        "clone_funnel": count([], [], []),
        "curation_report": to_json(report),
        "verifier_quality": verifier_quality(scores, fine_tuned[1], instances),
        "scaling_curves": curves,
        "verifier_comparison": compare_verifier(tried, score_baselines(tried, fits) | fitted, fits),
        "attempt_costs": attempt_costs(fine_tuned[0].values(), ScalingSettings(max_k=2)),
        "adaptive_attempts": measure_stopping_rule(
            own_matrices(tried), fit_stopping_rule([], ScalingSettings())
        ),
        "ablation_results": {},
        "fine_tuned.patch_costs": {},
        "rounds": [],
        "params:self_improvement.rounds": 2,
        "params:self_improvement.first_policy": "base",
        "params:ablations": {},
        "timings": {"pipelines": {"sampling": {"last_s": 1.0, "work_s": 2.0}}, "nodes": {}},
        "params:sampling": RolloutSettings(seed=11),
        "params:dedup_capping": CurationSettings(seed=12),
        "params:sft": SFTSettings(seed=13),
        "params:verifier": VerifierSettings(training=VerifierTraining(seed=14)),
        "params:evaluation": RolloutSettings(seed=15),
        "params:inference_scaling": ScalingSettings(seed=16),
    }
    for policy, (trajectories, verdicts) in made.items():
        values[f"{policy}.trajectories"], values[f"{policy}.verdicts"] = trajectories, verdicts
    for policy in ("zero_shot", "control", "fine_tuned"):
        values[f"{policy}.metrics"] = evaluate(instances, *made[policy])
    for policy in ("zero_shot", "control"):
        values[f"fine_tuned_minus_{policy}"] = compare(instances, fine_tuned, made[policy])
    for training in ("policy", "control", "verifier"):
        values[f"{training}_checkpoint"] = Path("without a log")
    values["verifier_scores"] = scores
    values["provenance"] = {"datasets": {}, "configurations": {}}
    return DataCatalog({name: MemoryDataset(value) for name, value in values.items()})


def test_pipeline_writes_summary_tables_figures_and_page(catalog: DataCatalog, tmp_path: Path) -> None:
    pipeline = create_pipeline()
    assert pipeline.inputs() == set(catalog.keys())
    for name in ("summary", "tables", "instance_index"):
        catalog[name] = JSONDataset(filepath=str(tmp_path / name))
    for name in FIGURES:
        catalog[name] = TextDataset(filepath=str(tmp_path / name))
    outputs = SequentialRunner().run(pipeline, catalog)
    summary, page = catalog["summary"].load(), outputs["report"].load()
    assert outputs["summary_schema"].load()["title"] == "Summary"
    assert summary["seeds"] == {
        **{"sampling": 11, "dedup_capping": 12, "sft": 13},
        **{"verifier": 14, "evaluation": 15, "inference_scaling": 16},
    }
    assert summary["seconds"]["sampling"]["work_s"] == 2.0
    assert summary["versions"]["kedro"]
    assert summary["numbers"]["instances"]["value"] == 4
    assert summary["numbers"]["scaling.pass_at_2"]["n"] == 2
    assert len(catalog["tables"].load()) == 14
    assert [row["difficulty"]["attempts"] for row in outputs["instance_table"].load()] == [2, 2, 0, 0]
    assert all(catalog[name].load().startswith("<svg") for name in FIGURES)
    assert page.lstrip().startswith("<!doctype html>")
    pages = outputs["trajectory_pages"].load()
    assert [row["page"] for row in catalog["instance_index"].load()] == [
        f"trajectories/{name}.html" for name in ("c", "d", "a", "b")
    ]
    assert all(f'href="trajectories/{name}"' in page for name in pages)
    assert 'id="texts-1"' in pages["a.html"]()
