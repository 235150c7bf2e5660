"""Points of the sweeps fill Tables 4 and 7 and Figures 7 and 8, beside the published values."""

from typing import Any

import pytest

from repodojo.curation.settings import AblationPoint, CurationSettings
from repodojo.metrics.ablations import describe_points
from repodojo.metrics.evaluated import evaluate
from repodojo.reporting.figures import draw_figures_of
from repodojo.reporting.published_tables import TABLES
from repodojo.reporting.sweeps import COMMAND, all_points, by_choice, by_model, points_along
from repodojo.reporting.training_tables import caps, subsets, sweeps
from repodojo.types import Instance


@pytest.fixture(scope="module")
def measured(
    results: dict[str, Any], points: dict[str, AblationPoint], instances: list[Instance], attempts: Any
) -> dict[str, Any]:
    """The results of a run that has measured every point, each like the fine-tuned policy."""
    metrics = evaluate(instances, *attempts["fine_tuned"])
    found = [
        ({"chosen": each["trajectories"], "instances_chosen": 9}, "", metrics)
        for each in results["training_subsets"].values()
    ]
    return results | {"ablation_results": describe_points(points, found)}


def with_point(results: dict[str, Any], name: str, point: AblationPoint) -> dict[str, Any]:
    added = {"settings": point.settings(), "trajectories": 1, "repositories": {"o/one": 1}}
    return results | {"training_subsets": results["training_subsets"] | {name: added}}


def said(results: dict[str, Any], words: str) -> list[tuple[str, ...]]:
    return [row.cells for row in sweeps(results).rows if words in row.cells]


def names(found: Any) -> list[str]:
    return [point.name for point in found]


def test_the_default_sweeps_hold_what_the_paper_varied(results: dict[str, Any]) -> None:
    assert names(points_along(results, "per_instance")) == ["all", "cap_1", "cap_2", "cap_3"]
    assert names(by_model(results)["student"]) == ["all", "all_25", "all_50"]
    assert {label: names(found) for label, found in by_choice(results).items()} == {
        "all successes": ["all", "all_25", "all_50"],
        "equal ones once": ["unique"],
        "one per instance, at random": ["single", "single_random_25", "single_random_50"],
        "one per instance, by repository": ["single", "single_repository_25", "single_repository_50"],
    }


def test_table_4_says_of_every_cap_what_it_does_or_what_to_run(
    results: dict[str, Any], measured: dict[str, Any]
) -> None:
    empty, full = caps(results), caps(measured)
    assert [row.cells[0] for row in full.rows[2:6]] == ["1", "2", "3", "none"]
    assert all(row.cells[3] == f"not measured, run: {COMMAND}" for row in empty.rows[2:6])
    assert full.rows[2].cells[2:] == full.rows[1].cells[2:], "the fine-tuned policy's rates"
    assert [row.cells[1] for row in full.rows[2:6]] == [row.cells[1] for row in empty.rows[2:6]]
    assert [row.cells[1] for row in full.rows[6:]] == ["0", "36", "62", "82", "172"]


def test_table_7_has_the_papers_columns_and_its_counts_beside_ours(results: dict[str, Any]) -> None:
    table = subsets(results)
    assert set(TABLES[7].columns) <= set(table.columns)
    ours = [row.cells for row in table.rows if row.origin == "this run"]
    for column in range(1, len(table.columns)):
        assert sum(int(row[column]) for row in ours[:-1]) == int(ours[-1][column])
    total = dict(zip(table.columns, table.rows[-1].cells, strict=True))
    assert (total["original"], total["dedup"]) == ("491", "294")
    assert (total["random 25 %"], total["repository 50 %"], total["original, random 25 %"]) == (
        "73",
        "147",
        "–",
    )


def test_a_point_of_another_kind_is_in_the_table_of_all_alone(results: dict[str, Any]) -> None:
    rules = CurationSettings(dedup="none", near_duplicates=0.8, seed=3)
    found = with_point(results, "near", AblationPoint(curation=rules))
    assert sweeps(found).rows[-1].cells[:4] == ("near", "near_duplicates 0.8", "3", "1")
    assert len(caps(found).rows) == len(caps(results).rows)
    assert names(by_model(found)["student"]) == names(by_model(results)["student"])
    assert len(all_points(found)) == len(all_points(results)) + 1


def test_another_model_is_a_series_of_its_own_and_another_seed_is_named(results: dict[str, Any]) -> None:
    other = AblationPoint(curation=CurationSettings(dedup="none"), model="other_checkpoint")
    assert names(by_model(with_point(results, "small", other))["other_checkpoint"]) == ["small"]
    again = AblationPoint(curation=CurationSettings(dedup="none", per_instance=1, seed=1))
    assert "1, seed 1" in [row.cells[0] for row in caps(with_point(results, "cap_1_again", again)).rows]


def test_a_point_without_a_training_set_says_so_in_every_table_and_in_no_line(
    points: dict[str, AblationPoint], measured: dict[str, Any]
) -> None:
    none = ({"chosen": 0, "instances_chosen": 0}, "no rows", evaluate([], {}, {}))
    row = describe_points({"cap_1": points["cap_1"]}, [none])
    results = measured | {"ablation_results": measured["ablation_results"] | row}
    words = "undefined: no trajectory is left to train on"
    assert caps(results).rows[2].cells[2:] == (words, words)
    assert [cells[4:] for cells in said(results, words)] == [(words, words, words, "0")]
    figure = draw_figures_of(results, ["figure_7"])["figure_7"]
    assert figure == draw_figures_of(measured, ["figure_7"])["figure_7"], "a cap is no share"
    row = describe_points({"all_25": points["all_25"]}, [none])
    results = measured | {"ablation_results": measured["ablation_results"] | row}
    assert "nan" not in draw_figures_of(results, ["figure_7"])["figure_7"].lower()


def test_a_point_whose_rows_are_all_too_long_says_so(points: dict[str, AblationPoint]) -> None:
    told = "nothing is left to learn from 3 rows: 3 dropped as longer than max_tokens (64)"
    nothing = ({"chosen": 3, "instances_chosen": 2}, told, evaluate([], {}, {}))
    assert describe_points({"all": points["all"]}, [nothing])["all"]["reason"] == told


def test_figures_draw_what_is_measured_and_name_what_is_owed(
    results: dict[str, Any], measured: dict[str, Any]
) -> None:
    for name, lines in (("figure_7", ("student",)), ("figure_8", tuple(by_choice(results)))):
        empty, full = (draw_figures_of(found, [name])[name] for found in (results, measured))
        assert COMMAND in empty
        assert COMMAND not in full
        assert all(f">{line}</text>" in full for line in lines)
        assert full.count("<path") > empty.count("<path")
