"""Tables about the verifier: its scores by outcome, and what it does that its baselines do not."""

from collections.abc import Iterable
from typing import Any

from repodojo.reporting.named import Results
from repodojo.reporting.published import SCORED_BY, VERIFIER_SCORES, Cell
from repodojo.reporting.table import Origin, Row, Table, ours
from repodojo.reporting.text import NOT_GIVEN, UNDEFINED, difference, number, percent, with_interval

SCORERS = {
    "verifier": "verifier",
    "hybrid": "verifier, agreement of patches, regression tests",
    "linear": "linear model on plain features",
    "last_command_passed": "last command passed",
    "fewest_turns": "fewest turns",
    "shortest": "shortest",
    "random": "random",
}


def verifier_scores(results: Results) -> Table:
    """Return the distribution of verifier scores by outcome, and how well they rank."""
    found = results["verifier_quality"]["overall"]
    keys = ("n", "mean", "deviation", "median")
    measured = [(name, *(found[name][key] for key in keys)) for name in ("resolved", "unresolved")]
    sources: tuple[tuple[Origin, str, Iterable[tuple[Cell, ...]]], ...] = (
        ("this run", "held-out attempts", measured),
        ("published", SCORED_BY, VERIFIER_SCORES),
    )
    rows = tuple(
        Row(origin, (words, *(number(cell, 3) for cell in row)))
        for origin, words, listed in sources
        for row in listed
    )
    auc, within = (with_interval(found[key]) for key in ("auc", "auc_within_instance"))
    note = (
        f"AUC {auc} %, between attempts at the same instance {within} %, expected calibration error "
        f"{percent(found['calibration_error'])} %; {found['missing_scores']} attempts without a score."
    )
    columns = ("attempts", "outcome", "n", "mean", "sd", "median")
    return Table("verifier", "Verifier scores by outcome", columns, rows, ("verifier_quality",), note)


def verifier_baselines(results: Results) -> Table:
    """Return the verifier beside every baseline on the same attempts, and say whether it beats them."""
    found = results["verifier_comparison"]
    rows = [(SCORERS[name], *_scorer_cells(found["scorers"][name])) for name in SCORERS]
    errors = [percent(found["calibration"][when]["error"]) for when in ("before", "after")]
    columns = (
        *("scorer", "AUC % [95 %]", "the verifier's minus it", "picks resolved % [95 %]"),
        *("the verifier's minus it", "gap closed % [95 %]", "without a score"),
    )
    note = (
        f"{_outcome(found)} Of {number(found['attempts'])} measured held-out attempts; each picks one of all "
        "attempts at an instance, and the gap is from a random pick to an oracle's. Temperature scaling "
        f"takes the calibration error from {errors[0]} % to {errors[1]} %."
    )
    title = "The verifier beside the baselines that it must beat"
    return Table("verifier_baselines", title, columns, ours(*rows), ("verifier_comparison",), note)


def _scorer_cells(found: dict[str, Any]) -> tuple[Cell, ...]:
    minus = [
        difference(found[key]) if key in found else NOT_GIVEN
        for key in ("reference_auc_minus", "reference_best_minus")
    ]
    auc, best, gap = (with_interval(found[key]) for key in ("auc", "best_at_k", "gap_closed"))
    return auc, minus[0], best, minus[1], gap, found["missing_scores"]


def _outcome(found: dict[str, Any]) -> str:
    """Say whether the verifier beats every baseline: its AUC is higher, the interval without 0."""
    if found["not_beaten"] is None:
        return f"Whether the verifier beats its baselines is {UNDEFINED}: {found['reason']}."
    if found["not_beaten"]:
        names = ", ".join(SCORERS[name] for name in found["not_beaten"])
        return f"The verifier does not beat every baseline by AUC, not: {names}."
    return "The verifier beats every baseline by AUC."
