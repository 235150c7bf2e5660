"""What attempts cost."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from repodojo.metrics.costs import attempt_costs
from repodojo.metrics.settings import Prices, ScalingSettings
from repodojo.types import Trajectory


def test_k_attempts_cost_k_times_one(trajectory: Callable[..., Trajectory]) -> None:
    made = [
        replace(trajectory("a", 0, commands=("ls",)), duration_s=2.0),
        replace(trajectory("a", 1, commands=("ls", "ls", "ls")), duration_s=4.0),
    ]
    prices = Prices(prompt_million=1e6, completion_million=2e6, hour=3600.0)
    found = attempt_costs(made, ScalingSettings(max_k=2, prices=prices))
    assert found["per_attempt"]["prompt_tokens"]["value"] == 20
    assert found["of_k"]["2"] == {
        **{"attempts": 2, "prompt_tokens": 40, "completion_tokens": 20, "seconds": 6},
        "money": pytest.approx(40 + 2 * 20 + 6),
    }
    assert found["undefined"] == {}


def test_without_prices_or_attempts_a_reason_stands_in_place_of_a_number(
    trajectory: Callable[..., Trajectory],
) -> None:
    found = attempt_costs([trajectory()], ScalingSettings(max_k=1))
    assert "money" not in found["of_k"]["1"]
    assert found["undefined"] == {"money": "inference_scaling.prices gives no price"}
    nothing = attempt_costs([], ScalingSettings(max_k=1))
    assert nothing["of_k"]["1"]["seconds"] is None
    assert nothing["undefined"]["seconds"] == "there are no attempts"


def test_settings_that_are_left_alone_leave_fingerprints_alone() -> None:
    assert ScalingSettings().model_dump(mode="json") == {"max_k": 8, "seed": 0}
    assert "prices" in ScalingSettings(prices=Prices(hour=1.0)).model_dump(mode="json")
