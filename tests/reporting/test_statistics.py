"""Counts and means of instances and attempts."""

import json
from itertools import chain
from typing import Any

import pytest

from repodojo.metrics.patch_size import edited_files, edited_lines
from repodojo.metrics.wilson import wilson_interval
from repodojo.reporting.statistics import (
    instance_statistics,
    sampling_statistics,
)
from repodojo.reporting.text import with_interval
from repodojo.types import Instance, Trajectory, Verdict

Attempts = tuple[dict[str, Trajectory], dict[str, Verdict]]

TWO_FILES = """diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -1,3 +1,3 @@
 import os
-x = 1
+x = 2
--- not a header, a removed line
diff --git a/b.py b/b.py
--- a/b.py
+++ b/b.py
@@ -1 +1,2 @@
 y = 1
+z = 1
"""


def test_edited_lines_and_files_of_a_patch() -> None:
    assert edited_lines(TWO_FILES) == 4
    assert edited_files(TWO_FILES) == 2
    assert edited_lines("") == edited_files("") == 0


def test_instances_are_counted_by_split_repository_and_kind(instances: list[Instance]) -> None:
    found = instance_statistics(instances)
    assert found["instances"] == 50
    assert found["repositories"]["o/one"] == {"train": 10, "held_out": 0}
    assert found["splits"]["held_out"]["repositories"] == 3
    assert found["splits"]["train"]["gold_lines"] == 2.0
    assert found["splits"]["train"]["fail_to_pass"] == 1.0
    assert found["splits"]["train"]["tests"] == 3.0
    assert found["splits"]["train"]["issue_words"] == 6.0
    assert found["splits"]["train"]["names_function"] == pytest.approx(0.1)
    assert sum(sum(split.values()) for split in found["kinds"].values()) == 50
    assert instance_statistics([])["instances"] == 0


def test_attempts_are_counted_by_every_side(attempts: dict[str, Attempts], instances: list[Instance]) -> None:
    trajectories, verdicts = attempts["teacher"]
    found = sampling_statistics(trajectories.values(), verdicts, instances)
    resolved = sum(verdict.resolved for verdict in verdicts.values())
    assert (found["rollouts"], found["resolved"]) == (80, resolved)
    for side in ("by_attempt", "by_repository", "by_kind"):
        assert sum(part["attempts"] for part in found[side].values()) == 80
        assert sum(part["resolved"] for part in found[side].values()) == resolved
    assert [(row["temperature"], row["attempts"]) for row in found["sources"]] == [(0.0, 20), (0.8, 60)]
    assert sum(found["successes"]) == resolved
    assert found["successes"] == sorted(found["successes"], reverse=True)
    assert found["messages"]["resolved"]["n"] == resolved
    assert found["tokens"]["resolved"]["max"] == 120
    json.dumps(found, allow_nan=False)


def test_one_attempt_each_has_wilsons_interval(
    attempts: dict[str, Attempts], instances: list[Instance]
) -> None:
    trajectories, verdicts = attempts["teacher"]
    found = sampling_statistics(trajectories.values(), verdicts, instances)["by_attempt"]["00"]
    assert (found["low"], found["high"]) == wilson_interval(found["resolved"], 20)


def test_nothing_attempted_is_undefined(instances: list[Instance]) -> None:
    found: dict[str, Any] = sampling_statistics([], {}, instances)
    assert found["resolve_rate"]["value"] is None
    assert found["messages"]["resolved"] == {"n": 0, "reason": "there are no attempts"} | dict.fromkeys(
        ["mean", "sd", "min", "max", "p5", "p10", "p25", "p50", "p75", "p90", "p95"]
    )


def test_an_attempt_without_a_verdict_is_not_measured(
    attempts: dict[str, Attempts], instances: list[Instance]
) -> None:
    trajectories, verdicts = attempts["teacher"]
    known = sampling_statistics(trajectories.values(), verdicts, instances)
    fewer = {key: verdict for key, verdict in verdicts.items() if not key.endswith(".0")}
    found = sampling_statistics(trajectories.values(), fewer, instances)
    assert found["rollouts"] == known["rollouts"]
    assert found["not_measured"] >= known["not_measured"] + 18
    assert found["resolve_rate"]["value"] == pytest.approx(found["resolved"] / 80)


def test_every_rate_of_attempts_has_its_bounds(
    attempts: dict[str, Attempts], instances: list[Instance]
) -> None:
    """A teacher whose endpoint was down used to be printed as one that resolves nothing."""
    trajectories, _ = attempts["teacher"]
    found = sampling_statistics(trajectories.values(), {}, instances)
    sides = [found[side].values() for side in ("by_attempt", "by_repository", "by_kind")]
    for rate in (found["resolve_rate"], *found["sources"], *chain(*sides)):
        assert rate["not_measured"] == rate["attempts"]
        assert (rate["value"], rate["lower_bound"], rate["upper_bound"]) == (0.0, 0.0, 1.0)
        assert with_interval(rate).endswith("] (0.0 to 100.0)")
