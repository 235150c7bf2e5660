"""What resolving patches cost, in the report."""

from typing import Any

from repodojo.grading.patch_measures import PatchMeasure
from repodojo.metrics.patch_costs import patch_costs
from repodojo.reporting.patch_tables import resolving_patches
from repodojo.reporting.text import number_with_interval


def test_resolving_patches_stand_beside_gold_or_say_what_to_run(results: dict[str, Any]) -> None:
    """Lint findings and test time stood in a file that the report did not show."""
    size = results["fine_tuned_metrics"]["overall"]["patch_size"]
    lines, lint, time = resolving_patches(results).rows
    assert lines.cells[1] == lines.cells[2] == number_with_interval(size["gold_lines"])
    assert lines.cells[4:] == ("1.00", str(size["changed_lines"]["n"]))
    command = "not measured, run: kedro run --pipelines=patch_costs,reporting"
    assert (lint.cells[3], time.cells[3:]) == (command, (command, command, "–"))
    measures = [
        PatchMeasure("a.0", "a", 2, 0, 3.0, 2.0),
        PatchMeasure("b.0", "b", None, None, 1.0, 1.0, "why"),
    ]
    table = resolving_patches(results | {"fine_tuned_patch_costs": patch_costs(measures)})
    assert table.rows[1].cells[3].startswith("2.00 [")
    assert table.rows[1].cells[5] == "1"
    assert table.rows[2].cells[4:] == ("1.25", "2")
    assert table.note.endswith("Undefined or left out: why.")
    nothing = resolving_patches(results | {"fine_tuned_patch_costs": patch_costs([])})
    assert nothing.rows[1].cells[3] == nothing.rows[2].cells[4]
    assert nothing.rows[1].cells[3] == "undefined: no attempt resolves its instance"
    assert "no attempt resolves its instance" in nothing.note
