"""Points of sweeps as tables and figures take them: those that differ from the whole in some axes alone."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from repodojo.curation.settings import AblationPoint, CurationSettings
from repodojo.reporting.named import Results
from repodojo.reporting.text import missing, percent, undefined, why, with_interval

COMMAND = "kedro run --pipelines=ablations,reporting"
WHOLE = AblationPoint(curation=CurationSettings(dedup="none")).settings()
"""All successes, for the base model."""
CHOICES = {"none": "all successes", "identical": "equal ones once", "one_per_instance": "one per instance"}
DRAWS = {"random": "at random", "repository": "by repository"}


class Point(NamedTuple):
    """One point."""

    name: str
    settings: Mapping[str, Any]
    trajectories: int
    repositories: Mapping[str, int]
    measured: Mapping[str, Any] | None
    """Its row of ``ablation_results``; None where it was not run."""

    @property
    def share(self) -> float:
        """Return the per cent of the trajectories that it trains on."""
        return 100 * float(self.settings["fraction"])

    @property
    def rates(self) -> tuple[str, str, str]:
        """Return empty patch rate, greedy and overall resolve rate as text, or why there is none."""
        if self.measured is None:
            words = missing(COMMAND)
        elif reason := self.measured["reason"]:
            words = undefined(reason)
        else:
            greedy, every = (self.measured[f"resolve_rate{which}"] for which in ("", "_of_all_attempts"))
            empty = self.measured["empty_patch"]
            return percent(empty["value"], why=why(empty)), with_interval(greedy), with_interval(every)
        return words, words, words

    def labelled(self, words: str) -> str:
        """Return words for the point, with its seed where that is another than 0."""
        seed = self.settings["seed"]
        return f"{words}, seed {seed}" if seed else words


def all_points(results: Results) -> list[Point]:
    """Return every point, in the order of the configuration."""
    measured = results["ablation_results"]
    return [
        Point(name, found["settings"], found["trajectories"], found["repositories"], measured.get(name))
        for name, found in results["training_subsets"].items()
    ]


def points_along(results: Results, *axes: str) -> list[Point]:
    """Return the points that differ from all successes in these axes and the seed alone."""
    fixed = WHOLE.keys() - {*axes, "seed"}
    return [
        point for point in all_points(results) if all(point.settings[name] == WHOLE[name] for name in fixed)
    ]


def by_model(results: Results) -> dict[str, list[Point]]:
    """Return the points of Figure 7, by model."""
    found: dict[str, list[Point]] = {}
    for point in points_along(results, "fraction", "model"):
        name = "student" if point.settings["model"] == WHOLE["model"] else str(point.settings["model"])
        found.setdefault(name, []).append(point)
    return found


def by_choice(results: Results) -> dict[str, list[Point]]:
    """Return the points of Figure 8, by the way of choosing; the whole belongs to every way of drawing."""
    points = points_along(results, "fraction", "fraction_by", "dedup")
    found: dict[str, list[Point]] = {}
    for dedup, words in CHOICES.items():
        alike = [point for point in points if point.settings["dedup"] == dedup]
        drawn = {point.settings["fraction_by"] for point in alike if point.share < 100}
        for draw in sorted(drawn or {"random"}, reverse=True):
            plain = not drawn or (dedup == "none" and draw == "random")
            label = words if plain else f"{words}, {DRAWS[draw]}"
            chosen = [p for p in alike if p.share == 100 or p.settings["fraction_by"] == draw]
            if chosen:
                found[label] = chosen
    return found


def subset_name(point: Point) -> str:
    """Return what the paper's Table 7 calls a subset, or a name of that kind."""
    kind = {"none": "original", "identical": "equal ones once", "one_per_instance": "dedup"}
    name = kind[point.settings["dedup"]]
    if point.share < 100:
        part = f"{point.settings['fraction_by']} {point.share:.0f} %"
        name = part if name == "dedup" else f"{name}, {part}"
    return point.labelled(name)
