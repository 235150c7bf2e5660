"""Every table of the report, in the order in which it shows them."""

from repodojo.reporting.named import Results
from repodojo.reporting.paper_tables import (
    dataset_comparison,
    instance_means,
    policy_results,
    trajectory_lengths,
    trajectory_sources,
)
from repodojo.reporting.run_tables import (
    bug_kinds,
    curation_steps,
    curves_over_k,
    held_out_projects,
    instance_funnel,
    verifier_scores,
)
from repodojo.reporting.table import Table

BUILDERS = (
    policy_results,
    held_out_projects,
    curves_over_k,
    verifier_scores,
    dataset_comparison,
    instance_means,
    instance_funnel,
    bug_kinds,
    trajectory_sources,
    trajectory_lengths,
    curation_steps,
)


def build_tables(results: Results) -> list[Table]:
    """Build every table; ``results`` holds datasets by name, dots as underscores."""
    return [build(results) for build in BUILDERS]
