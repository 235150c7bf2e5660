"""Summary, tables, figures, page and short table of a run."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from repodojo.reporting.figures import DRAWINGS, draw_figures
from repodojo.reporting.numbers import headline_numbers
from repodojo.reporting.report import Report, cell, line_of, made_by, numbered, render_report
from repodojo.reporting.scaling_tables import AXES, adaptive_attempts, costs
from repodojo.reporting.summary import Number, Summary
from repodojo.reporting.summary_table import load_summary, main, short_table
from repodojo.reporting.table import Row, Table
from repodojo.reporting.tables import paper_tables, run_tables
from repodojo.reporting.text import difference, number, percent, with_interval
from repodojo.reporting.verifier_tables import SCORERS, verifier_baselines
from repodojo.versions import installed_versions


@pytest.fixture(scope="module")
def summary(results: dict[str, Any]) -> Summary:
    return Summary(
        numbers=headline_numbers(results),
        seconds={"sampling": {"last_s": 0.5, "work_s": 12.0}},
        seeds=results["seeds"],
        versions=installed_versions(),
    )


@pytest.fixture(scope="module")
def figures(results: dict[str, Any]) -> dict[str, str]:
    return draw_figures(results)


@pytest.fixture(scope="module")
def page(summary: Summary, results: dict[str, Any], figures: dict[str, str]) -> str:
    tables = [*paper_tables(results), *run_tables(results)]
    made = {"fine_tuned.metrics": {"node": "n", "run": "0123456789", "commit": "abcdef0123456+", "time": "t"}}
    rows = [
        {
            "instance_id": "<i>",
            "repo": "o/r",
            "split": "train",
            "page": "trajectories/i.html",
            "attempts": {"teacher": [1, 4]},
        }
    ]
    return render_report(Report(summary, tables, figures, rows, made))


def test_every_number_has_what_it_rests_on_and_where_it_came_from(summary: Summary) -> None:
    catalog = {"results", "instance_statistics", "sampling_statistics", "curation_report", "scaling_curves"}
    catalog |= {"verifier_quality", "fine_tuned_minus_zero_shot", "fine_tuned_minus_control"}
    catalog |= {f"{policy}.metrics" for policy in ("zero_shot", "control", "fine_tuned")}
    assert {found.dataset for found in summary.numbers.values()} == catalog
    for name, found in summary.numbers.items():
        assert found.n > 0, name
        if found.unit != "count" and not name.endswith("calibration_error"):
            assert found.low <= found.value <= found.high, name
    pipelines = {found.command.removeprefix("kedro run --pipeline=") for found in summary.numbers.values()}
    folder = Path(__file__).parents[2] / "src" / "repodojo" / "pipelines"
    assert pipelines - {"env_build"} <= {each.name for each in folder.iterdir()}


def test_numbers_are_those_of_the_datasets(summary: Summary, results: dict[str, Any]) -> None:
    numbers, curves = summary.numbers, results["scaling_curves"]
    assert numbers["scaling.best_at_8"].value == curves["overall"]["best_at_k"]["8"]["value"]
    assert numbers["projects.h/four.scaling.pass_at_3"].n == curves["projects"]["h/four"]["instances"]
    assert (
        numbers["fine_tuned.resolve_rate"].value
        == results["fine_tuned_metrics"]["overall"]["greedy"]["value"]
    )
    assert numbers["fine_tuned.resolve_rate"].n == 30
    assert numbers["rollouts"].value == 80 + 40 + 120 + 120 + 240
    assert numbers["instances.held_out.names_function"].value == pytest.approx(0.1)
    assert numbers["zero_shot.well_formed"].of == "rollouts"
    assert numbers["zero_shot.well_formed"].n == 120
    gain = results["fine_tuned_minus_control"]["h/three"]["greedy"]
    assert numbers["projects.h/three.fine_tuned_minus_control.greedy"].low == gain["low"]


def test_the_summary_survives_json_and_its_schema_documents_every_field(summary: Summary) -> None:
    assert Summary.model_validate_json(summary.model_dump_json()) == summary
    schema = Summary.model_json_schema()
    for model in (schema, schema["$defs"]["Number"]):
        for name, field in model["properties"].items():
            assert field.get("description") or name in {"n", "high", "unit", "schema_version"}, name
    with pytest.raises(ValueError, match="unknown"):
        Summary.model_validate(summary.model_dump() | {"unknown": 1})


def test_tables_are_rectangular_and_tell_ours_from_published(results: dict[str, Any]) -> None:
    tables = {table.name: table for table in (*paper_tables(results), *run_tables(results))}
    assert list(tables)[:10] == [f"table_{number}" for number in range(1, 11)]
    assert len(tables) == 24
    for table in tables.values():
        assert {len(row.cells) for row in table.rows} == {len(table.columns)}, table.name
        assert table.datasets
        assert table.rows[0].origin == "this run"
    for name, count in (("table_1", 9), ("table_2", 4), ("table_3", 12), ("table_8", 4), ("table_10", 10)):
        assert sum(row.origin == "published" for row in tables[name].rows) == count
    assert tables["table_3"].rows[0].cells[:4] == (
        "held-out projects, this run",
        "student",
        "zero-shot",
        "30",
    )
    overall = results["zero_shot_metrics"]["overall"]
    both = (overall["deviations"][which] for which in ("paper_half_sample", "all_rows_half_sample"))
    floor = percent(overall["noise_floor"]["covers_95"])
    assert tables["table_3"].rows[0].cells[-3:] == (*map(percent, both), floor)
    assert tables["table_2"].rows[0].cells[:3] == ("RepoDojo, train", "20", "2")
    assert tables["table_2"].rows[3].cells[3] == "186.16"
    assert [row.cells[0] for row in tables["projects"].rows] == [
        *("all held-out projects", "h/five", "h/four", "h/three"),
    ]
    assert tables["funnel"].rows[0].cells == ("all projects", "40", "25", "10", "62.5", "no test fails 15")
    assert len(tables["funnel"].rows) == 2
    assert tables["clones"].rows[1].cells == (
        *("all clones", "30", "20", "10", "2 of 3", "6", "60.0", "41.0", "2.0"),
        "environment: no recipe works 2, row: tests unchanged 20",
    )
    assert [row.cells[0] for row in tables["curation"].rows] == [
        "success",
        "identical",
        "control, unresolved",
    ]


def test_the_report_says_which_baselines_the_verifier_does_not_beat(results: dict[str, Any]) -> None:
    """It used to say nothing of them."""
    found = results["verifier_comparison"]
    table = verifier_baselines(results)
    assert [row.cells[0] for row in table.rows] == list(SCORERS.values())
    assert found["scorers"].keys() == SCORERS.keys()
    assert table.rows[0].cells[1].startswith(percent(found["scorers"]["verifier"]["auc"]["value"]))
    assert table.rows[0].cells[2] == "–"
    said = {
        "The verifier does not beat every baseline by AUC, not: linear model on plain features, random.": {
            "not_beaten": ["linear", "random"]
        },
        "The verifier beats every baseline by AUC.": {"not_beaten": []},
        "Whether the verifier beats its baselines is undefined: there are no attempts.": {
            "not_beaten": None,
            "reason": "there are no attempts",
        },
    }
    for words, outcome in said.items():
        assert verifier_baselines(results | {"verifier_comparison": found | outcome}).note.startswith(words)


def test_the_report_says_what_stopping_early_saves_and_what_attempts_cost(results: dict[str, Any]) -> None:
    found = results["adaptive_attempts"]
    for reached, words in ((True, "is reached."), (False, "is not reached."), (None, "is undefined: why.")):
        changed = found | {"reaches_aim": reached, "reason": "why"}
        assert words in adaptive_attempts(results | {"adaptive_attempts": changed}).note
    (stopped, always, every) = [row.cells for row in adaptive_attempts(results).rows]
    assert always[0] == f"always {found['at_most']}"
    assert always[3] == with_interval(found["never_sure"]["resolve_rate"])
    fits = results["verifier_comparison"]["fits"]
    for saw, words in ((True, "learned from too."), (False, "never saw.")):
        fitted = results["verifier_comparison"] | {"fits": fits | {"verifier_saw_them": saw}}
        assert adaptive_attempts(results | {"verifier_comparison": fitted}).note.endswith(words)
    assert every[:4] == (
        "all",
        "8",
        "100.0",
        with_interval(results["scaling_curves"]["overall"]["best_at_k"]["8"]),
    )
    assert stopped[1] != every[1]
    assert [row.cells[0] for row in costs(results).rows] == list(AXES.values())
    assert "undefined: inference_scaling.prices" in costs(results).rows[-1].cells[1]


def test_undefined_cells_say_so(results: dict[str, Any]) -> None:
    nothing = {"value": None, "low": None, "high": None, "n": 0}
    empty = results | {
        "fine_tuned_minus_control": {"overall": {"attempts": 0, "greedy": nothing, "mean": nothing}}
    }
    table = next(table for table in run_tables(empty) if table.name == "projects")
    assert table.rows[0].cells[6] == "undefined"
    assert table.rows[1].cells[6] == "–"
    assert headline_numbers(empty)["fine_tuned_minus_control.greedy"].value is None


def test_figures_are_wellformed_repeat_and_take_the_pages_ink(
    results: dict[str, Any], figures: dict[str, str]
) -> None:
    own = ["figure_adaptive", "figure_training", "figure_verifier"]
    assert sorted(figures) == sorted(DRAWINGS) == [*(f"figure_{n}" for n in range(1, 9)), *own]
    for name, svg in figures.items():
        text = "".join(ElementTree.fromstring(svg).itertext())
        assert "this run" in text
        assert ("published (SWE-Gym paper)" in text) == (name not in own)
        assert "currentColor" in svg
        assert "#000000" not in svg
    assert draw_figures(results) == figures
    assert "h/four" in figures["figure_2"]
    references = [set(re.findall(r'(?:url\(|href=")#(\w+)', svg)) for svg in figures.values()]
    assert not references[0] & references[1] & references[2] & references[3]


def test_figures_of_a_run_without_results_are_drawn(results: dict[str, Any]) -> None:
    undefined = {"value": None, "low": None, "high": None}
    overall = {f"{name}_at_k": {"1": undefined, "2": undefined} for name in ("pass", "best", "random")}
    empty = results | {"scaling_curves": {"overall": overall, "projects": {}}}
    empty |= {"sampling_statistics": {"successes": []}, "instance_statistics": {"repositories": {}}}
    assert len(draw_figures(empty)) == 11


class Page(HTMLParser):
    """Checks that elements close in order, and keeps what refers to elsewhere."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.references += [
            value or "" for name, value in attrs if name in {"src", "href", "xlink:href", "action"}
        ]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_wellformed_and_needs_nothing_else(page: str) -> None:
    parsed = Page()
    parsed.feed(page)
    assert parsed.open == []
    assert all(each.startswith("#") or each == "trajectories/i.html" for each in parsed.references)
    missing = {each for each in parsed.references if each[0] == "#" and f'id="{each[1:]}"' not in page}
    assert missing == set()
    assert "@import" not in page
    assert "<script" not in page
    assert "prefers-color-scheme: dark" in page


def test_the_page_has_a_line_for_every_number_with_its_dataset(page: str, summary: Summary) -> None:
    for name, found in summary.numbers.items():
        row = page[page.index(f'<tr id="{name}">') :].split("</tr>", maxsplit=1)[0]
        assert f"<code>{found.dataset}</code>" in row
        assert line_of(name, found).value in row
    assert page.count("<svg") == 11
    assert "12.0" in page


def test_the_page_escapes_what_it_is_given(summary: Summary) -> None:
    table = Table("t", "<b>title</b>", ("c",), (Row("this run", ("<script>x\u202e</script>",)),), ("d",))
    page = render_report(Report(summary, [table], {}))
    assert "<script>" not in page
    assert "&lt;b&gt;title" in page
    assert "\u202e" not in page


def test_tables_and_figures_have_the_papers_numbers(page: str) -> None:
    """A reader of the paper did not find Figure 4."""
    assert "<figcaption>Figure 4. pass@k" in page
    assert numbered("table_3") == "Table 3. "
    assert numbered("figure_adaptive") == numbered("projects") == ""
    assert cell("20.6 [17.3, 24.4]") == "20.6 [17.3,\u00a024.4]"


def test_every_number_says_which_run_and_commit_made_it(page: str, summary: Summary) -> None:
    rows = [row for row in page.split("<tr") if row.startswith(' id="fine_tuned.')]
    assert rows
    assert all("run 01234567, commit abcdef0123+" in row for row in rows)
    assert "run and commit not recorded" in page
    assert '<tr id="data-fine_tuned.metrics"><td><code>fine_tuned.metrics</code></td>' in page
    assert made_by({"d": {"run": "", "commit": ""}}, "d") == "run unknown, commit unknown"


def test_the_page_leads_to_the_page_of_every_instance(page: str) -> None:
    assert '<a href="trajectories/i.html">&lt;i&gt;</a>' in page
    assert "<td>1 of 4</td>" in page


def test_cells_that_no_run_filled_name_the_command(results: dict[str, Any]) -> None:
    caps = next(table for table in paper_tables(results) if table.name == "table_4")
    cell = next(row.cells[3] for row in caps.rows if row.cells[0] == "3")
    assert cell == "not measured, run: kedro run --pipelines=ablations,reporting"


def test_training_subsets_add_up(results: dict[str, Any]) -> None:
    subsets = results["training_subsets"]
    total = {name: found["trajectories"] for name, found in subsets.items()}
    for found in subsets.values():
        assert sum(found["repositories"].values()) == found["trajectories"]
    assert total["all"] == results["sampling_statistics"]["resolved"]
    assert total["single"] == total["cap_1"] <= total["cap_2"] <= total["cap_3"] <= total["all"]
    assert total["single_random_25"] == total["single_repository_25"] == total["single"] // 4


def test_lines_show_bounds_only_where_something_was_not_measured() -> None:
    common: dict[str, Any] = {"label": "x", "of": "instances", "dataset": "d", "command": "c"}
    whole = Number(value=0.25, low=0.1, high=0.5, n=8, unit="share", not_measured=0, **common)
    assert line_of("x", whole)[2:5] == ("25.0 %", "10.0 % to 50.0 %", "8 instances")
    partial = whole.model_copy(update={"not_measured": 2, "lower_bound": 0.25, "upper_bound": 0.5})
    assert line_of("x", partial).n == "8 instances, 2 not measured: 25.0 % to 50.0 %"
    gain = Number(value=0.031, low=-0.01, high=0.07, n=8, unit="difference of shares", **common)
    assert line_of("x", gain)[2:4] == ("+3.1 points", "-1.0 points to +7.0 points")
    assert line_of("x", gain.model_copy(update={"value": None, "low": None})).value == "undefined"
    assert line_of("x", Number(value=1500, n=1, unit="count", **common)).value == "1,500"
    assert line_of("x", Number(value=3.25, n=1, unit="turns", **common)).value == "3.2"


def test_numbers_as_text() -> None:
    assert (number(66894), number(0.456), number(None), number("x"), number(340675.0)) == (
        *("66,894", "0.5", "undefined", "x", "340,675.0"),
    )
    estimate = {"value": 0.206, "low": 0.1728, "high": 0.2437}
    assert with_interval(estimate) == "20.6 [17.3, 24.4]"
    assert difference(estimate | {"low": -0.01}) == "+20.6 [-1.0, +24.4]"
    assert (percent(None), with_interval({"value": None}), difference({"value": None})) == ("undefined",) * 3


def test_the_short_table_shows_value_interval_and_n(summary: Summary) -> None:
    lines = short_table(summary.numbers)
    assert len(lines) == 19
    assert re.search(r"^instances built +50 +5 projects$", lines[1])
    assert re.search(r"^best@8 % +\d+\.\d +\[\d+\.\d, \d+\.\d\] +30 instances$", lines[16])
    assert re.search(r"^  above control, points +[+-]\d+\.\d", lines[12])


def test_a_missing_number_names_the_command_that_measures_it(summary: Summary) -> None:
    only = {name: found for name, found in summary.numbers.items() if not name.startswith("scaling.")}
    lines = short_table(only)
    assert "kedro run --pipeline=inference_scaling" in lines[15]
    assert "not measured" in lines[15]
    assert "kedro run --pipeline=env_build" in short_table({})[1]


def test_the_command_prints_where_the_report_is(
    summary: Summary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "summary.json"
    assert main([str(path)]) == 0
    printed = capsys.readouterr().out
    assert "report:  not written yet; run: kedro run" in printed
    assert printed.count("not measured") == 18
    path.write_text(summary.model_dump_json())
    path.with_name("report.html").write_text("<html>")
    main([str(path)])
    printed = capsys.readouterr().out
    assert f"report:  {tmp_path / 'report.html'}" in printed
    assert "not measured" not in printed


def test_a_summary_of_another_schema_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    path.write_text(json.dumps({"numbers": {}}))
    assert load_summary(path) is None
