"""The results of a small made-up run, computed by the real functions."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kedro.config import OmegaConfigLoader

from repodojo.curation.curate import curate
from repodojo.curation.settings import AblationPoint, AblationSettings, CurationSettings
from repodojo.metrics.costs import attempt_costs
from repodojo.metrics.evaluated import compare, evaluate
from repodojo.metrics.scaling import scale_attempts
from repodojo.metrics.settings import ScalingSettings
from repodojo.metrics.stopping_rule import fit_stopping_rule, measure_stopping_rule
from repodojo.metrics.verifier_quality import verifier_quality
from repodojo.reporting.statistics import instance_statistics, sampling_statistics
from repodojo.reporting.training_subsets import training_subsets
from repodojo.settings import CONFIG_LOADER_ARGS
from repodojo.types import Instance, Message, Trajectory, Turn, Verdict, to_json
from repodojo.verifier.comparison import compare_verifier, own_matrices
from repodojo.verifier.features import attempt_features
from repodojo.verifier.fits import fit_all, score_baselines, score_fitted

CONF = Path(__file__).parents[2] / "conf"
PATCH = "diff --git a/m.py b/m.py\n--- a/m.py\n+++ b/m.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n"
REPOS = {"train": ("o/one", "o/two"), "held_out": ("h/three", "h/four", "h/five")}

FUNNEL = [
    {
        **{"project": project, "kind": kind, "proposed": 40, "proven": 25, "selected": 10, "yield": 0.625},
        "reasons": {"no_test_fails": 15},
    }
    for project in ("all", "one-1.0")
    for kind in ("all", "comparison")
]
CLONES = [
    {
        **{"repo": repo, "found": 30, "tried": 10, "valid": 6, "yield": 0.6},
        **{"environments": 3, "environments_built": 2, "in_built_environment": 8},
        **{"forecast_bytes": 60_000_000, "bytes": 41_000_000, "forecast_s": 245.0},
        **{"environment_s": 30.0, "validation_s": 90.0, "test_s": 60.0},
        "reasons": {"environment: no_recipe_works": 2, "row: tests_unchanged": 20},
    }
    for repo in ("an/tiny", "all")
]

Scores = dict[str, float | None]
Attempts = tuple[dict[str, Trajectory], dict[str, Verdict]]


def make_instance(name: str, repo: str, split: str) -> Instance:
    return Instance(
        instance_id=name,
        repo=repo,
        version="1",
        base_commit="0",
        problem_statement="Calling f gives the wrong result.",
        patch=PATCH,
        test_patch=PATCH,
        FAIL_TO_PASS=("a",),
        PASS_TO_PASS=("b", "c"),
        environment="e",
        test_files=("t.py",),
        split=split,
        metadata={
            "kind": "comparison" if len(name) % 2 else "off_by_one",
            "names_function": name.endswith("0"),
        },
    )


@pytest.fixture(scope="session")
def instances() -> list[Instance]:
    """Twenty training instances of two projects, thirty held-out ones of three."""
    counts = {"train": 20, "held_out": 30}
    return [
        make_instance(f"{split}-{n}", repos[n % len(repos)], split)
        for split, repos in REPOS.items()
        for n in range(counts[split])
    ]


def make_attempts(chosen: list[Instance], policy: str, count: int, chance: float) -> Attempts:
    """Attempts that succeed by chance, from a seed of the policy's name."""
    generator, trajectories, verdicts = random.Random(policy), {}, {}
    for instance in chosen:
        for attempt in range(count):
            key = f"{instance.instance_id}.{attempt}"
            drawn = generator.random()
            outcome = "resolved" if drawn < chance else "not_measured" if drawn > 0.99 else "unresolved"
            turn = Turn("ls" if drawn < 0.9 else None, 0, 100, 20, "stop", 0.1, 0.1)
            turns = (turn,) * generator.randint(1, 5)
            messages = tuple(Message("user", f"{policy} {key} {n}") for n in range(2 * len(turns)))
            temperature = 0.8 if attempt else 0.0
            trajectories[key] = Trajectory(
                *(key, instance.instance_id, policy, "bash_only", attempt, temperature, attempt),
                messages=messages,
                turns=turns,
                model_patch="" if drawn > 0.8 else PATCH,
                exit_status="Submitted",
            )
            verdicts[key] = Verdict(key, instance.instance_id, outcome, "tests")
    return trajectories, verdicts


@pytest.fixture(scope="session")
def attempts(instances: list[Instance]) -> dict[str, Attempts]:
    """Attempts of every policy."""
    train, held_out = ([i for i in instances if i.split == split] for split in ("train", "held_out"))
    return {
        "teacher": make_attempts(train, "teacher", 4, 0.4),
        "on_policy": make_attempts(train, "on_policy", 2, 0.3),
        "zero_shot": make_attempts(held_out, "zero_shot", 4, 0.05),
        "control": make_attempts(held_out, "control", 4, 0.1),
        "fine_tuned": make_attempts(held_out, "fine_tuned", 8, 0.35),
    }


def training_log(name: str) -> list[dict[str, float]]:
    """Steps of a training, as long as its name says."""
    count = 20 * len(name)
    return [
        {"step": n, "loss": 2 / n, "learning_rate": 1e-4 * (count - n), "memory_gib": 1.5}
        | ({} if n == 1 else {"tokens_per_second": 900.0 + n})
        for n in range(1, count + 1)
    ]


@pytest.fixture(scope="session")
def points() -> dict[str, AblationPoint]:
    """The points of the default configuration's sweeps."""
    found = OmegaConfigLoader(conf_source=str(CONF), env="local", **CONFIG_LOADER_ARGS)["parameters"]
    return AblationSettings.model_validate(found["ablations"]).asked


def drawn_scores(verdicts: dict[str, Verdict]) -> Scores:
    """Scores that tell outcomes apart, not always."""
    noise = {key: random.Random(key).random() for key in verdicts}
    return {key: 0.7 * noise[key] + 0.3 * verdict.resolved for key, verdict in verdicts.items()}


@pytest.fixture(scope="session")
def gather(points: dict[str, AblationPoint]) -> Callable[..., dict[str, Any]]:
    """Compute what the pipelines before the report leave, of instances, attempts and their scores."""

    def results(instances: list[Instance], attempts: dict[str, Attempts], score: Any = drawn_scores) -> Any:
        return gather_results(instances, attempts, points, score(attempts["fine_tuned"][1]))

    return results


@pytest.fixture(scope="session")
def results(
    gather: Callable[..., dict[str, Any]], instances: list[Instance], attempts: dict[str, Attempts]
) -> dict[str, Any]:
    """What the pipelines before the report leave, by dataset, dots as underscores."""
    return gather(instances, attempts)


def gather_results(
    instances: list[Instance],
    attempts: dict[str, Attempts],
    points: dict[str, AblationPoint],
    scores: Scores,
) -> dict[str, Any]:
    trajectories, verdicts = attempts["fine_tuned"]
    held_out = [each for each in instances if each.split == "held_out"]
    teacher, graded = attempts["teacher"]
    curves = scale_attempts(held_out, trajectories.values(), verdicts, scores, ScalingSettings())
    by_id = {each.instance_id: each for each in instances}
    learned, tried = (
        attempt_features(*attempts[policy], known, by_id)
        for policy, known in (("teacher", {key: 0.5 for key in graded}), ("fine_tuned", scores))
    )
    fits = fit_all(learned, frozenset())
    alternatives = score_baselines(tried, fits) | score_fitted(tried, fits)
    rule = fit_stopping_rule([own_matrices(learned)], ScalingSettings())
    found: dict[str, Any] = {
        "verifier_comparison": compare_verifier(tried, alternatives, fits),
        "adaptive_attempts": measure_stopping_rule(own_matrices(tried), rule),
        "attempt_costs": attempt_costs(trajectories.values(), ScalingSettings(max_k=8)),
        "instance_funnel": FUNNEL,
        "clone_funnel": CLONES,
        "instance_statistics": instance_statistics(instances),
        "curation_report": to_json(curate(teacher.values(), graded, instances, CurationSettings()).report),
        "verifier_quality": verifier_quality(scores, verdicts, instances, trajectories),
        "scaling_curves": curves,
        "seeds": {"sampling": 0, "sft": 3},
        "training_subsets": training_subsets(teacher.values(), graded, instances, points),
        "trainings": {
            name: {"rows": {"rows": 9, "trained": 7, "dropped": 2}, "steps": training_log(name)}
            for name in ("policy", "control", "verifier")
        },
        "ablation_results": {},
        "fine_tuned_patch_costs": {},
        "rounds_asked": 3,
        "first_policy": "fine_tuned",
        "verifier_data": {"mix": "mixture", "negatives_per_positive": 1.0},
        "rounds": [],
    }
    for policy, name in (("teacher", "sampling"), ("on_policy", "on_policy")):
        made, graded = attempts[policy]
        found[f"{name}_statistics"] = sampling_statistics(made.values(), graded, instances)
    for policy in ("zero_shot", "control", "fine_tuned"):
        found[f"{policy}_metrics"] = evaluate(instances, *attempts[policy])
    for policy in ("zero_shot", "control"):
        name = f"fine_tuned_minus_{policy}"
        found[name] = compare(instances, attempts["fine_tuned"], attempts[policy])
    return found
