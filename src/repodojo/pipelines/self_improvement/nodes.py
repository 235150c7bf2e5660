"""Nodes of the pipeline `self_improvement`."""

from typing import Any

from repodojo.curation.rounds import accumulate
from repodojo.curation.settings import SelfImprovementSettings
from repodojo.metrics.rounds import describe_rounds
from repodojo.reporting.rounds import draw_rounds, rounds_table
from repodojo.reporting.table import as_markdown
from repodojo.types import Trajectory


def merge_rounds(
    chosen: list[Trajectory],
    settings: SelfImprovementSettings,
    earlier: list[Trajectory] | None = None,
) -> list[Trajectory]:
    """Choose what a round trains on: its own successes, or those of earlier rounds too."""
    if settings.data == "replace":
        return chosen
    return accumulate(earlier or [], chosen, settings.curation)


def report_rounds(first: dict[str, Any], *rounds: Any) -> list[dict[str, Any]]:
    """Say how the policy of each round does on the held-out instances, and whether it is worse."""
    return describe_rounds(first, list(zip(rounds[::3], rounds[1::3], rounds[2::3], strict=True)))


def tabulate_rounds(rounds: list[dict[str, Any]]) -> tuple[str, str]:
    """Write Table 5 as Markdown and draw its figure, ours beside the published."""
    return as_markdown(rounds_table(rounds)), draw_rounds(rounds)
