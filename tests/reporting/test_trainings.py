from typing import Any
from xml.etree import ElementTree

import pytest

from repodojo.reporting.figures import draw_figures_of
from repodojo.reporting.trainings import trainings_table

NAME = "figure_training"


def words(logs: dict[str, Any]) -> str:
    found = {name: {"rows": {}, "steps": steps} for name, steps in logs.items()}
    drawn = draw_figures_of({"trainings": found}, [NAME])[NAME]
    assert "nan" not in drawn.lower()
    return "".join(ElementTree.fromstring(drawn).itertext())


def test_a_known_device_has_its_utilisation_named() -> None:
    step = {"loss": 1.0, "learning_rate": 1e-4, "tokens_per_second": 9.0, "memory_gib": 60.0}
    log = [{"step": n, **step, "mfu": 0.4 + n / 10} for n in (1, 2)]
    text = words({"policy": log, "control": [{"step": 1, **step}]})
    assert "policy, MFU 55 %" in text
    assert "control, MFU" not in text


@pytest.mark.parametrize("steps", [{}, {"policy": [], "control": []}])
def test_trainings_without_a_log_say_so(steps: dict[str, Any]) -> None:
    assert "no training of this run logged its steps" in words(steps)


def test_a_training_of_one_step_has_no_speed(results: dict[str, Any]) -> None:
    assert "policy" in words({"policy": results["trainings"]["policy"]["steps"][:1]})


def test_what_became_of_over_long_rows_used_to_stand_on_the_card_alone(results: dict[str, Any]) -> None:
    table = trainings_table(results)
    first = dict(zip(table.columns, table.rows[0].cells, strict=True))
    assert (first["rows"], first["dropped"], first["trained on"], first["cut"]) == ("9", "2", "7", "–")
    assert (first["steps"], first["tokens/s"], first["memory, GiB"]) == ("120", "961", "1.50")
    assert float(first["last loss"]) < float(first["first loss"])


def test_a_checkpoint_that_no_training_described_has_a_row_without_numbers() -> None:
    table = trainings_table({"trainings": {"policy": {"rows": {}, "steps": []}}})
    assert set(table.rows[0].cells[1:]) == {"–", "0"}
