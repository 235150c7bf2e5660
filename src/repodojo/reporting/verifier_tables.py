"""Tables about the verifier: its scores by outcome, and what it does that its baselines do not."""

from collections.abc import Iterable
from typing import Any

from repodojo.metrics.reasons import NO_SCORES
from repodojo.reporting.named import Results
from repodojo.reporting.published import PUBLISHED_R, SCORED_BY, VERIFIER_SCORES, Cell
from repodojo.reporting.table import Origin, Row, Table, ours
from repodojo.reporting.text import NOT_GIVEN, difference, number, percent, undefined, why, with_interval

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
    measured = []
    for name in ("resolved", "unresolved"):
        kind = found[name]
        spread = (number(kind[key], 3, why=why(kind)) for key in ("mean", "deviation", "median"))
        measured.append((name, kind["n"], *spread))
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
    error = percent(found["calibration_error"], why=NO_SCORES)
    r = number(found["point_biserial"], 3, why=found["reason"] or "the scores do not vary")
    note = (
        f"AUC in %: {auc}; between attempts at the same instance: {within}. Expected calibration error in %: "
        f"{error}. Point-biserial r: {r} (published: {PUBLISHED_R}). Without a score, counted last: "
        f"{found['missing_scores']} of {found['attempts']} measured attempts."
    )
    columns = ("attempts", "outcome", "n", "mean", "sd", "median")
    return Table("verifier", "Verifier scores by outcome", columns, rows, ("verifier_quality",), note)


def verifier_groups(results: Results) -> Table:
    """Return how well the verifier ranks attempts of like size, and those of each held-out project."""
    found = results["verifier_quality"]
    rows: list[tuple[Cell, ...]] = [
        ("project", repo, part["attempts"], part["successes"], with_interval(part["auc"]))
        for repo, part in found["projects"].items()
    ]
    for size, groups in found["by_size"].items():
        for each in groups:
            span = f"{number(each['least'])} to {number(each['most'])}"
            rows.append((size, span, each["attempts"], each["resolved"], with_interval(each["auc"])))
    rows = rows or [("all", "", 0, 0, undefined(found["overall"]["reason"]))]
    note = "Projects are held out. By turns and by characters: groups of about equally many attempts."
    title = "The verifier's ranking by project, turns and length"
    columns = ("by", "group", "attempts", "resolved", "AUC % [95 %]")
    return Table("verifier_groups", title, columns, ours(*rows), ("verifier_quality",), note)


def verifier_baselines(results: Results) -> Table:
    """Return the verifier beside every baseline on the same attempts, and say whether it beats them."""
    found = results["verifier_comparison"]
    rows = [(SCORERS[name], *_scorer_cells(found["scorers"][name])) for name in SCORERS]
    calibration = (found["calibration"][when] for when in ("before", "after"))
    errors = [percent(each["error"], why=why(each)) for each in calibration]
    columns = (
        *("scorer", "AUC % [95 %]", "the verifier's minus it", "picks resolved % [95 %]"),
        *("the verifier's minus it", "gap closed % [95 %]", "without a score"),
    )
    note = (
        f"{_outcome(found)} Of {number(found['attempts'])} measured held-out attempts; each picks one of all "
        "attempts at an instance, and the gap is from a random pick to an oracle's. Temperature scaling "
        f"takes the calibration error in % from {errors[0]} to {errors[1]}."
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
        return f"Whether the verifier beats its baselines is {undefined(found['reason'])}."
    if found["not_beaten"]:
        names = ", ".join(SCORERS[name] for name in found["not_beaten"])
        return f"The verifier does not beat every baseline by AUC, not: {names}."
    return "The verifier beats every baseline by AUC."
