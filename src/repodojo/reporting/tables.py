"""Every table of the report, in the order in which it shows them."""

from repodojo.reporting.named import Results
from repodojo.reporting.paper_tables import (
    dataset_comparison,
    instance_means,
    policy_results,
    trajectory_lengths,
    trajectory_sources,
)
from repodojo.reporting.patch_tables import resolving_patches
from repodojo.reporting.rounds import asked_rounds_table
from repodojo.reporting.run_tables import (
    bug_kinds,
    clone_funnel,
    curation_steps,
    held_out_projects,
    instance_funnel,
)
from repodojo.reporting.scaling_tables import adaptive_attempts, costs, curves_over_k
from repodojo.reporting.system_tables import open_weights, openness
from repodojo.reporting.table import Table
from repodojo.reporting.training_tables import caps, subsets, sweeps
from repodojo.reporting.trainings import trainings_table
from repodojo.reporting.verifier_tables import verifier_baselines, verifier_groups, verifier_scores

PAPER = (
    dataset_comparison,
    instance_means,
    policy_results,
    caps,
    asked_rounds_table,
    openness,
    subsets,
    trajectory_lengths,
    open_weights,
    trajectory_sources,
)
"""Tables 1-10 of the paper, in its order."""
RUN = (
    held_out_projects,
    curves_over_k,
    adaptive_attempts,
    costs,
    verifier_scores,
    verifier_groups,
    verifier_baselines,
    resolving_patches,
    instance_funnel,
    clone_funnel,
    bug_kinds,
    curation_steps,
    trainings_table,
    sweeps,
)
"""Tables that the paper has no counterpart of."""


def paper_tables(results: Results) -> list[Table]:
    """Build the paper's ten; ``results`` holds datasets by name, dots as underscores."""
    return [build(results) for build in PAPER]


def run_tables(results: Results) -> list[Table]:
    """Build those of the run alone; ``results`` holds datasets by name, dots as underscores."""
    return [build(results) for build in RUN]
