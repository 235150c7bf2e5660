"""A checkpoint or an endpoint is planned alike, and never on what it learned from."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from repodojo.errors import InputError
from repodojo.pipelines.candidate.nodes import plan_candidate
from repodojo.policies.scripted import ScriptedPolicy
from repodojo.rollouts.candidate import CandidateSettings
from repodojo.rollouts.settings import RolloutSettings
from repodojo.types import Instance

INSTANCES = [
    Instance(*(name, "o/r", "1", "0", "", "", "", ("t",), (), "e", ("t.py",)), split=split)
    for name, split in (("a", "train"), ("b", "held_out"), ("c", "held_out"))
]


class Served:
    """Gives one policy for every checkpoint."""

    def policy(self, checkpoint: Path, name: str) -> ScriptedPolicy:
        return ScriptedPolicy({"x": [["y"]]})


class Place:
    """A workshop in which nothing starts."""

    sandboxes = spec = None
    base = "none"


def plan(candidate: Any, **settings: Any) -> Any:
    asked = CandidateSettings(rollouts=RolloutSettings(attempts=2), **settings)
    return plan_candidate(INSTANCES, candidate, Served(), Place(), asked)  # type: ignore[arg-type]


def test_checkpoint_and_endpoint_are_planned_alike(tmp_path: Path) -> None:
    by_checkpoint, by_endpoint = plan(tmp_path), plan(ScriptedPolicy({"x": [["y"]]}))
    assert list(by_checkpoint.thunks) == ["b.0", "c.0", "b.1", "c.1"]
    assert by_checkpoint.fingerprint == by_endpoint.fingerprint
    assert len(plan(tmp_path, split="all").thunks) == 6


def test_an_instance_of_the_training_data_is_refused_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "training.json").write_text(json.dumps({"instances": ["a"]}))
    assert plan(tmp_path).thunks
    with pytest.raises(InputError, match=r"found 1 of 3 in it \(a; see 'instances'"):
        plan(tmp_path, split="all")


def test_a_split_without_instances_is_named() -> None:
    with pytest.raises(InputError, match=r"'candidate.split': expected a split that the 1 instances have"):
        CandidateSettings().choose(INSTANCES[:1])


def test_a_set_without_instances_says_what_to_give() -> None:
    """It spoke of a split that 0 instances have."""
    with pytest.raises(
        InputError, match=r"found none; name a file .* with --params candidate.checkpoint=FOLDER"
    ):
        CandidateSettings().choose([])


def test_an_instance_given_twice_used_to_count_twice() -> None:
    with pytest.raises(InputError, match="expected each instance_id once, found more of b; leave one"):
        CandidateSettings().choose([*INSTANCES, INSTANCES[1]])


def test_an_instance_without_failing_tests_used_to_be_resolved_by_any_patch() -> None:
    with pytest.raises(InputError, match="expected tests in FAIL_TO_PASS, found none in b: any patch"):
        CandidateSettings().choose([replace(INSTANCES[1], FAIL_TO_PASS=())])


def test_where_the_candidate_lies_is_no_part_of_what_is_asked() -> None:
    asked = CandidateSettings(checkpoint="x", instances="y", endpoint="z", model="m")
    assert asked.model_dump().keys() == {"split", "rollouts"}
