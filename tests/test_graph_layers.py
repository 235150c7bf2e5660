"""The layers of the graph that Kedro-Viz draws: in an order, in every environment and pipeline."""

from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader
from kedro.io import CatalogConfigResolver
from kedro.pipeline import Pipeline

from repodojo.datasets.asked_shape import ask_for
from repodojo.params import validate_parameters
from repodojo.pipeline_registry import register_pipelines
from repodojo.settings import CONFIG_LOADER_ARGS

CONF = Path(__file__).parents[1] / "conf"
ENVIRONMENTS = sorted(path.name for path in CONF.iterdir() if path.is_dir() and path.name != "base")


def loader(environment: str) -> OmegaConfigLoader:
    return OmegaConfigLoader(conf_source=str(CONF), env=environment, **CONFIG_LOADER_ARGS)


@pytest.fixture(scope="module")
def pipelines() -> Iterator[dict[str, Pipeline]]:
    ask_for(validate_parameters(loader("local")["parameters"]))
    found = register_pipelines()
    yield found | {"all": sum(found.values(), Pipeline([]))}
    ask_for({})


def layers_of(names: set[str], environment: str) -> dict[str, str]:
    """Return the layer of each dataset that has one, patterns filled in as the catalog does."""
    resolver = CatalogConfigResolver(loader(environment)["catalog"])
    entries = {name: resolver.resolve_pattern(name) for name in names if not name.startswith("params:")}
    found = {
        name: entry.get("metadata", {}).get("kedro-viz", {}).get("layer") for name, entry in entries.items()
    }
    return {name: layer for name, layer in found.items() if layer}


def order_of_layers(pipeline: Pipeline, layer_of: dict[str, str]) -> list[str]:
    """Return the layers as the datasets depend on each other, also through datasets without a layer.

    Raises:
        CycleError: two layers come before each other.
    """
    above: dict[str, set[str]] = {}
    before: dict[str, set[str]] = {layer: set() for layer in set(layer_of.values())}
    for node in pipeline.nodes:
        inputs = {layer_of[name] for name in node.inputs if name in layer_of}
        inherited = inputs.union(*(above.get(name, set()) for name in node.inputs))
        for name in node.outputs:
            above[name] = inherited
            if name in layer_of:
                before[layer_of[name]] |= inherited - {layer_of[name]}
    return list(TopologicalSorter(before).static_order())


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_layers_do_not_come_before_each_other(environment: str, pipelines: dict[str, Pipeline]) -> None:
    """Kedro-Viz drew no layers at all: features came after the outputs of models that learned from them."""
    layer_of = layers_of(pipelines["all"].datasets(), environment)
    assert set(order_of_layers(pipelines["all"], layer_of)) == set(layer_of.values())


def test_the_default_run_goes_through_its_layers_in_order(pipelines: dict[str, Pipeline]) -> None:
    pipeline = pipelines["__default__"]
    found = order_of_layers(pipeline, layers_of(pipeline.datasets(), "local"))
    chain = ("intermediate", "primary", "teacher", "model_input", "models", "on_policy", "verifier_input")
    expected = [*chain, "verifier", "verifier_output", "reporting"]
    assert [layer for layer in found if layer in expected] == expected
    assert set(found) - set(expected) == {"control", "fine_tuned", "zero_shot"}
