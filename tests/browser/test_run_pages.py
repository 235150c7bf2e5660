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
    assert tab.run("return document.querySelectorAll('figure svg').length") == 11
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
    """Layers that came before each other were not drawn; a second node was not reached by clicks."""
    tab.open(viz)
    layers = "return [...document.querySelectorAll('.pipeline-layer-name')].map((e) => e.textContent)"
    drawn = tab.wait(lambda: tab.run(layers), "the names of the layers")
    order = ["intermediate", "primary", "teacher", "model_input", "models", "verifier", "reporting"]
    assert [name for name in drawn if name in order] == order
    tab.screenshot("viz-graph")
    for name, shown in (("table_3", ".preview-table"), ("figure_4", ".html-renderer img")):
        tab.write("input.search-input__field", name)
        tab.click(f"form.node-list-row[title='{name}'] button.row-text")
        tab.find(".pipeline-metadata__title", name)
        preview = tab.find(shown)
        tab.screenshot(f"viz-{name}")
        if preview.tag_name == "img":
            assert tab.run("return arguments[0].naturalWidth", preview) > 0
        tab.click(".pipeline-metadata__close-button")
        tab.gone(shown)
    # Kedro-Viz asks for a font of another host, and does without.
    assert [line for line in tab.console() if "fonts.googleapis.com" not in line] == []


def test_mlflow_leads_to_a_trace_and_from_a_run_to_its_pages(tab: Any, mlflow_ui: str) -> None:
    tab.open(f"{mlflow_ui}/#/experiments")
    tab.click("a", "repodojo-test")
    tab.click("button", "Got it")
    tab.click("a", "Traces")
    tab.screenshot("mlflow-traces")
    tab.click("tr td *, [role=row] *", "largest_gap")
    for part in ("turn 1", "policy", "command"):
        tab.find("span, div", part)
    tab.screenshot("mlflow-trace")
    tab.open(f"{mlflow_ui}/#/experiments")
    tab.click("a", "repodojo-test")
    tab.find("h1, h2, h3, h4, span", "Latency")  # a page that is still being built takes a click back
    tab.click("label, button, span", "Model training")
    tab.click("a", "__default__")
    tab.find("[role=tab], a, button", "Model metrics")
    tab.screenshot("mlflow-run")
    tab.click("[role=tab], a, button", "Artifacts")
    tab.click_for("span, div", "report.html", "iframe")
    tab.driver.switch_to.frame(tab.find("iframe"))
    tab.find("h1", "what this run found")
    tab.driver.switch_to.default_content()
    tab.screenshot("mlflow-report")
    tab.click("span, div", "trajectories")
    tab.click("span, div", "tiny__")
    tab.find("h1, h2, h3, h4, span", "trajectories/tiny__")
    tab.driver.switch_to.frame(tab.find("iframe"))
    tab.find(".head", "resolved")
    tab.driver.switch_to.default_content()
    tab.screenshot("mlflow-viewer")
    # MLflow asks for a user that a server without log-in does not have.
    assert [line for line in tab.console() if "/users/current" not in line] == []
