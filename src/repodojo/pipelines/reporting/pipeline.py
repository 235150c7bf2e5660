"""Wiring of the pipeline `reporting`."""

from kedro.pipeline import Node, Pipeline

from repodojo.pipelines.reporting.nodes import (
    build_summary,
    collect_seeds,
    describe_attempts,
    describe_instances,
    describe_training_sets,
    describe_trainings,
    draw_results,
    gather_results,
    tabulate_instances,
    tabulate_paper,
    tabulate_run,
    write_pages,
    write_report,
)
from repodojo.reporting.figures import DRAWINGS

SEEDED = ("sampling", "dedup_capping", "sft", "verifier", "evaluation", "inference_scaling")
RESULTS = (
    "instance_funnel",
    "clone_funnel",
    "instance_statistics",
    "sampling_statistics",
    "on_policy_statistics",
    "curation_report",
    "zero_shot.metrics",
    "control.metrics",
    "fine_tuned.metrics",
    "fine_tuned_minus_zero_shot",
    "fine_tuned_minus_control",
    "fine_tuned.patch_costs",
    "verifier_quality",
    "verifier_comparison",
    "scaling_curves",
    "attempt_costs",
    "adaptive_attempts",
    "seeds",
    "training_subsets",
    "trainings",
    "ablation_results",
    "rounds",
)
"""The datasets that the report rests on."""
ASKED = {
    "verifier": "params:verifier",
    "rounds_asked": "params:self_improvement.rounds",
    "first_policy": "params:self_improvement.first_policy",
}
"""What Figure 5's verifier learns from; how many rounds Table 5 has, and what they begin with."""
POLICIES = ("teacher", "on_policy", "zero_shot", "control", "fine_tuned")
"""Whose attempts the pages of the instances show."""
TABLES = tuple(f"table_{number}" for number in range(1, 11))
FIGURES = tuple(sorted(DRAWINGS))


def create_pipeline() -> Pipeline:
    """Return the pipeline."""
    return _numbers() + _pages()


def _numbers() -> Pipeline:
    """From what the other pipelines left to every number of the report."""
    return Pipeline(
        [
            Node(
                func=describe_instances,
                inputs="instances",
                outputs="instance_statistics",
                name="describe_instances",
            ),
            Node(
                func=tabulate_instances,
                inputs=["instances", "certificates", "teacher.verdicts"],
                outputs="instance_table",
                name="tabulate_instances",
            ),
            *(
                Node(
                    func=describe_attempts,
                    inputs=[f"{policy}.trajectories", f"{policy}.verdicts", "instances"],
                    outputs=f"{output}_statistics",
                    name=f"describe_{output}",
                )
                for policy, output in (("teacher", "sampling"), ("on_policy", "on_policy"))
            ),
            Node(
                func=describe_training_sets,
                inputs=["teacher.trajectories", "teacher.verdicts", "instances", "params:ablations"],
                outputs="training_subsets",
                name="describe_training_sets",
            ),
            Node(
                func=describe_trainings,
                inputs=["policy_checkpoint", "control_checkpoint", "verifier_checkpoint"],
                outputs="trainings",
                name="describe_trainings",
            ),
            Node(
                func=collect_seeds,
                inputs=[f"params:{key}" for key in SEEDED],
                outputs="seeds",
                name="collect_seeds",
            ),
            Node(
                func=gather_results,
                inputs={name.replace(".", "_"): name for name in RESULTS} | ASKED,
                outputs="results",
                name="gather_results",
            ),
            Node(
                func=build_summary,
                inputs=["results", "timings"],
                outputs=["summary", "summary_schema"],
                name="build_summary",
            ),
        ]
    )


def _pages() -> Pipeline:
    """From the numbers to tables, figures and pages."""
    return Pipeline(
        [
            Node(
                func=write_pages,
                inputs={"instances": "instances", "verifier_scores": "verifier_scores"}
                | {
                    f"{policy}_{what}": f"{policy}.{what}"
                    for policy in POLICIES
                    for what in ("trajectories", "verdicts")
                },
                outputs=["trajectory_pages", "instance_index"],
                name="write_pages",
            ),
            Node(func=tabulate_run, inputs="results", outputs="tables", name="tabulate_run"),
            Node(func=tabulate_paper, inputs="results", outputs=list(TABLES), name="tabulate_paper"),
            Node(func=draw_results, inputs="results", outputs=list(FIGURES), name="draw_results"),
            Node(
                func=write_report,
                inputs={
                    name: name
                    for name in ("summary", "tables", "instance_index", "provenance", *TABLES, *FIGURES)
                },
                outputs="report",
                name="write_report",
            ),
        ]
    )
