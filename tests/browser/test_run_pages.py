"""What a person opens after a run: the report, Kedro-Viz's graph, MLflow's runs and traces."""

from typing import Any

import pytest

pytestmark = pytest.mark.browser

WIDER = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
MODE = "return getComputedStyle(document.body).backgroundColor"


def test_the_report_in_light_and_dark_on_a_phone_and_on_paper(tab: Any, finished_run: Any) -> None:
    report = finished_run.data / "08_reporting/report.html"
    shown = {}
    for name, medium in (
        ("light", {}),
        ("dark", {"dark": True}),
        ("phone", {"phone": True}),
        ("paper", {"paper": True}),
    ):
        tab.emulate(**medium)
        tab.open(report)
        tab.find("h1", "what this run found")
        assert tab.run(WIDER) <= 0, f"{name}: the page is wider than the window"
        shown[name] = tab.run(MODE)
        tab.screenshot(f"report-{name}")
    assert shown["light"] != shown["dark"]
    assert tab.run("return document.querySelectorAll('figure svg').length") == 8
    assert tab.run("return performance.getEntriesByType('resource').length") == 0
    assert tab.console() == []


def test_the_report_leads_to_a_trajectory_and_back(tab: Any, finished_run: Any) -> None:
    tab.open(finished_run.data / "08_reporting/report.html")
    tab.click("#instances ~ div a", "tiny__words")
    tab.find(".head", "teacher 0")
    tab.click(".cell[data-place='0:0']")
    assert "assistant" in tab.find("#detail").text
    tab.screenshot("viewer-from-report")
    tab.click("header a", "report")
    tab.find("h1", "what this run found")
    assert tab.console() == []


def test_kedro_viz_shows_layers_tables_and_figures(tab: Any, viz: str) -> None:
    tab.open(f"{viz}/?pid=reporting")
    tab.find(".pipeline-layer", "reporting") if tab.run(
        "return !!document.querySelector('.pipeline-layer')"
    ) else None
    layers = tab.wait(
        lambda: tab.run(
            "return [...document.querySelectorAll('.pipeline-layer-name')].map((e) => e.textContent)"
        ),
        "the names of the layers",
    )
    assert "reporting" in [layer.lower() for layer in layers]
    for name, shown in (("table_3", ".preview-table"), ("figure_4", ".html-renderer img")):
        tab.open(f"{viz}/?pid=reporting&sn={name}")
        tab.find(shown)
        tab.screenshot(f"viz-{name}")


def test_mlflow_leads_to_the_run_its_pages_and_its_traces(tab: Any, mlflow_ui: str) -> None:
    tab.open(f"{mlflow_ui}/#/experiments")
    tab.click("a", "repodojo-test")
    tab.click("a", "Runs") if tab.run("return !!document.querySelector('a[href*=runs]')") else None
    tab.screenshot("mlflow-experiment")
