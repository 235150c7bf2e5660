"""Nodes of the pipeline `reporting`."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from repodojo.curation.settings import CurationSettings
from repodojo.instances import table
from repodojo.instances.certificate import Certificate
from repodojo.metrics.settings import ScalingSettings
from repodojo.pipelines.ablations.nodes import asked_points
from repodojo.reporting.figures import draw_figures
from repodojo.reporting.numbers import headline_numbers
from repodojo.reporting.report import Report, render_report
from repodojo.reporting.statistics import instance_statistics, sampling_statistics
from repodojo.reporting.summary import Summary
from repodojo.reporting.table import Table
from repodojo.reporting.tables import paper_tables, run_tables
from repodojo.reporting.training_subsets import training_subsets
from repodojo.reporting.viewer.page import group_attempts, instance_index, page_name, render_page
from repodojo.rollouts.settings import RolloutSettings
from repodojo.training.logged import describe_training
from repodojo.training.settings import SFTSettings
from repodojo.types import Instance, Trajectory, Verdict, from_json, to_json
from repodojo.verifier.settings import VerifierSettings
from repodojo.versions import installed_versions


def describe_instances(instances: list[Instance]) -> dict[str, Any]:
    """Count and measure the instances."""
    return instance_statistics(instances)


def tabulate_instances(
    instances: list[Instance], certificates: dict[str, Certificate], verdicts: dict[str, Verdict]
) -> list[dict[str, Any]]:
    """Write a row for each instance: sizes, difficulty by the teacher's verdicts, certificate."""
    return table.tabulate_instances(instances, certificates, verdicts.values())


def describe_attempts(
    trajectories: dict[str, Trajectory], verdicts: dict[str, Verdict], instances: list[Instance]
) -> dict[str, Any]:
    """Count and measure a policy's attempts at the training instances."""
    return sampling_statistics(trajectories.values(), verdicts, instances)


def describe_training_sets(
    trajectories: dict[str, Trajectory],
    verdicts: dict[str, Verdict],
    instances: list[Instance],
    ablations: dict[str, Any],
) -> dict[str, Any]:
    """Count what each point of the sweeps trains on, by repository."""
    return training_subsets(trajectories.values(), verdicts, instances, asked_points(ablations))


def describe_trainings(policy: Path, control: Path, verifier: Path) -> dict[str, Any]:
    """Collect what each training says of its rows and its steps."""
    trained = {"policy": policy, "control": control, "verifier": verifier}
    return {name: describe_training(checkpoint) for name, checkpoint in trained.items()}


def collect_seeds(
    sampling: RolloutSettings,
    dedup_capping: CurationSettings,
    sft: SFTSettings,
    verifier: VerifierSettings,
    evaluation: RolloutSettings,
    inference_scaling: ScalingSettings,
) -> dict[str, int]:
    """Collect the seeds that the results depend on."""
    return {
        "sampling": sampling.seed,
        "dedup_capping": dedup_capping.seed,
        "sft": sft.seed,
        "verifier": verifier.training.seed,
        "evaluation": evaluation.seed,
        "inference_scaling": inference_scaling.seed,
    }


def gather_results(verifier: VerifierSettings, **results: Any) -> dict[str, Any]:
    """Put the results of all pipelines into one mapping, by dataset, and what was asked for."""
    data = {"mix": verifier.mix, "negatives_per_positive": verifier.negatives_per_positive}
    return results | {"verifier_data": data}


def build_summary(results: dict[str, Any], timings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Build the summary of a run, and the schema that it follows."""
    summary = Summary(
        numbers=headline_numbers(results),
        seconds=timings["pipelines"],
        seeds=results["seeds"],
        versions=installed_versions(),
    )
    return summary.model_dump(mode="json"), Summary.model_json_schema()


def write_pages(
    instances: list[Instance], verifier_scores: dict[str, float | None], **attempts: Any
) -> tuple[dict[str, Callable[[], str]], list[dict[str, Any]]]:
    """Write a page for each instance that was attempted, and list them; ``attempts`` is by policy."""
    trajectories, verdicts = (
        {key.removesuffix(f"_{what}"): found for key, found in attempts.items() if key.endswith(f"_{what}")}
        for what in ("trajectories", "verdicts")
    )
    groups = group_attempts(trajectories, verdicts, verifier_scores, "fine_tuned")
    pages: dict[str, Callable[[], str]] = {
        page_name(each.instance_id): partial(render_page, each, groups.get(each.instance_id, []))
        for each in instances
    }
    return pages, instance_index(instances, groups)


def tabulate_run(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Build the tables that the paper has no counterpart of."""
    return [to_json(table) for table in run_tables(results)]


def tabulate_paper(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Build tables 1-10 of the paper, ours beside the printed ones."""
    return [to_json(table) for table in paper_tables(results)]


def draw_results(results: dict[str, Any]) -> list[str]:
    """Draw figures 1-8 of the paper, ours beside the printed ones."""
    drawn = draw_figures(results)
    return [drawn[name] for name in sorted(drawn)]


def write_report(
    summary: dict[str, Any],
    tables: list[dict[str, Any]],
    instance_index: list[dict[str, Any]],
    provenance: dict[str, Any],
    **named: Any,
) -> str:
    """Render the report page; ``named`` holds the paper's tables and figures."""
    listed = [found for name, found in named.items() if name.startswith("table_")] + tables
    return render_report(
        Report(
            summary=Summary.model_validate(summary),
            tables=[from_json(Table, table) for table in listed],
            figures={name: found for name, found in named.items() if name.startswith("figure_")},
            instances=instance_index,
            provenance=provenance["datasets"],
        )
    )
