from typing import Any

import pytest
from kedro.pipeline import Node, Pipeline
from pydantic import BaseModel

from repodojo.datasets.configuration import Configuration
from repodojo.errors import InputError
from repodojo.tracking.lineage import configurations, flatten, outermost_parameters, value_of


class Settings(BaseModel):
    k: int = 4
    seed: int = 0


def make(*inputs: Any) -> None:
    """Stand for any node."""


PIPELINES = {
    "sampling": Pipeline(
        [Node(make, ["instances", "teacher", "params:sampling"], "trajectories", name="sample")]
    ),
    "sft": Pipeline([Node(make, ["trajectories", "params:sft"], "checkpoint", name="train")]),
    "unrelated": Pipeline([Node(make, ["params:other"], "side", name="side")]),
}
PARAMETERS: dict[str, Any] = {"sampling": Settings(), "sft": {"epochs": 2}, "other": Settings()}


def digests(identity: str = "x", version: str = "1", **changed: Any) -> dict[str, str]:
    found = configurations(
        PIPELINES,
        PARAMETERS | changed,
        lambda name: identity if name == "teacher" else None,
        "commit",
        {"repodojo": version, "torch": "2"},
    )
    return {name: configuration.digest for name, configuration in found.items()}


def differing(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_a_parameter_changes_what_comes_after_it_in_any_pipeline() -> None:
    assert differing(digests(), digests(sampling=Settings(k=8))) == {"trajectories", "checkpoint"}
    assert differing(digests(), digests(sft={"epochs": 3})) == {"checkpoint"}
    assert differing(digests(), digests(other=Settings(k=1))) == {"side"}


def test_an_input_changes_what_comes_after_it() -> None:
    assert differing(digests(), digests(identity="y")) == {"trajectories", "checkpoint"}


def test_another_version_of_the_package_changes_everything() -> None:
    assert differing(digests(), digests(version="2")) == {"trajectories", "checkpoint", "side"}


def test_a_model_and_its_plain_values_are_the_same() -> None:
    assert digests(sampling={"k": 4, "seed": 0}) == digests()
    assert digests(sampling={"seed": 0, "k": 4}) == digests()


def test_a_configuration_names_node_parameters_and_inputs() -> None:
    found = configurations(PIPELINES, PARAMETERS, lambda name: f"of {name}", "commit", {"repodojo": "1"})
    assert found["checkpoint"] == Configuration(
        found["checkpoint"].digest,
        "train",
        {"sampling": {"k": 4, "seed": 0}, "sft": {"epochs": 2}},
        {"instances": "of instances", "teacher": "of teacher"},
        "commit",
        {"repodojo": "1"},
    )


def test_a_nested_parameter_depends_on_itself_only() -> None:
    pipelines = {"p": Pipeline([Node(make, ["params:sampling.k"], "out", name="n")])}

    def of(settings: Settings) -> str:
        found = configurations(pipelines, {"sampling": settings}, lambda name: None, "", {})
        return found["out"].digest

    assert of(Settings(seed=1)) == of(Settings(seed=2))
    assert of(Settings(k=1)) != of(Settings(k=2))


def test_values_are_found_by_dotted_name() -> None:
    parameters = {"a": Settings(), "b": {"c": {"d": [1]}}}
    assert value_of("params:a", parameters) == {"k": 4, "seed": 0}
    assert value_of("params:a.k", parameters) == 4
    assert value_of("params:b.c.d", parameters) == [1]
    assert value_of("parameters", parameters)["a"] == {"k": 4, "seed": 0}


def test_a_parameter_that_is_missing_is_named() -> None:
    for name in ("params:c", "params:a.z", "params:a.k.x"):
        with pytest.raises(InputError, match=f"a node needs '{name}'"):
            value_of(name, {"a": Settings()})


def test_nested_values_flatten_to_dotted_names() -> None:
    nested = {"sampling": Settings(), "x": {"y": [1, 2], "z": None}}
    assert dict(flatten(nested)) == {"sampling.k": 4, "sampling.seed": 0, "x.y": [1, 2], "x.z": None}


def test_what_is_imported_stands_for_the_nodes_before_it() -> None:
    def digest_of(identity: str, **changed: Any) -> dict[str, str]:
        found = configurations(
            PIPELINES, PARAMETERS | changed, lambda name: identity, "", {"repodojo": "1"}, {"trajectories"}
        )
        return {name: configuration.digest for name, configuration in found.items()}

    assert set(digest_of("a")) == {"checkpoint", "side"}
    assert digest_of("a", sampling=Settings(k=8)) == digest_of("a")
    assert digest_of("b")["checkpoint"] != digest_of("a")["checkpoint"]


def test_a_parameter_that_another_one_holds_is_named_once() -> None:
    names = {"params:a.b", "params:a", "params:ab", "params:c.d", "instances"}
    assert outermost_parameters(names) == ["params:a", "params:ab", "params:c.d"]
