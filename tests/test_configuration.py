"""Every file of `conf` in every environment: it resolves, and says nothing that nothing reads."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kedro.config import OmegaConfigLoader
from kedro.io import CatalogConfigResolver, DataCatalog
from kedro.pipeline import Pipeline

from repodojo.datasets.asked import check_environment
from repodojo.datasets.asked_shape import ask_for
from repodojo.datasets.checkpoint import CheckpointDataset
from repodojo.datasets.imported import ImportedTrajectoriesDataset
from repodojo.datasets.resumable_partitions import ResumablePartitionedDataset
from repodojo.datasets.stamped import StampedDataset
from repodojo.errors import InputError
from repodojo.params import MODELS, validate_parameters
from repodojo.pipeline_registry import DEFAULT, register_pipelines
from repodojo.settings import CONFIG_LOADER_ARGS
from repodojo.tracking.lineage import configurations

CONF = Path(__file__).parents[1] / "conf"
ENVIRONMENTS = sorted(path.name for path in CONF.iterdir() if path.is_dir() and path.name != "base")
KEPT = (ResumablePartitionedDataset, CheckpointDataset, StampedDataset, ImportedTrajectoriesDataset)
PROJECT = {
    "name": "tiny",
    "version": "1",
    "sha256": "0" * 64,
    "licence": "MIT",
    "repo": "a/b",
    "split": "train",
    "tests": ["tests"],
}
OBSERVED = {"timings"}
"""Written by a hook, not by a node."""


def loader(environment: str, **runtime: Any) -> OmegaConfigLoader:
    return OmegaConfigLoader(
        conf_source=str(CONF), env=environment, runtime_params=runtime, **CONFIG_LOADER_ARGS
    )


def catalog_of(environment: str) -> DataCatalog:
    return DataCatalog.from_config(loader(environment)["catalog"])


@pytest.fixture(scope="module")
def pipelines() -> Iterator[dict[str, Pipeline]]:
    ask_for(validate_parameters(loader("local")["parameters"]))
    yield register_pipelines()
    ask_for({})


@pytest.fixture(scope="module")
def graph(pipelines: dict[str, Pipeline]) -> Pipeline:
    return sum(pipelines.values(), Pipeline([]))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("kind", ["catalog", "parameters", "globals", "mlflow"])
def test_everything_resolves(environment: str, kind: str) -> None:
    assert "${" not in yaml.safe_dump(loader(environment)[kind])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_parameters_are_what_their_models_say(environment: str) -> None:
    assert validate_parameters(loader(environment)["parameters"]).keys() == MODELS.keys()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_dataset_can_be_made(environment: str, graph: Pipeline) -> None:
    catalog = catalog_of(environment)
    for name in graph.datasets():
        if not name.startswith("params:"):
            assert catalog.get(name) is not None, f"{name} is in no catalog file"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_name_in_an_entry_stands_for_something(environment: str, graph: Pipeline) -> None:
    catalog = catalog_of(environment)
    for name in graph.all_outputs():
        dataset = catalog.get(name)
        if isinstance(dataset, ResumablePartitionedDataset):
            dataset.check_names()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_nodes_write_is_kept_and_says_what_produced_it(environment: str, graph: Pipeline) -> None:
    catalog = catalog_of(environment)
    others = {name for name in graph.all_outputs() if not isinstance(catalog.get(name), KEPT)}
    assert others == set()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_entry_is_unused(environment: str, graph: Pipeline) -> None:
    entries = loader(environment)["catalog"]
    resolver = CatalogConfigResolver(entries)
    names = graph.datasets()
    used = names | {pattern for name in names if (pattern := resolver.match_dataset_pattern(name))}
    assert entries.keys() - used - OBSERVED == set()


def test_no_two_datasets_share_a_file(graph: Pipeline) -> None:
    """Points of sweeps share folders: results lie there by fingerprint, found by configuration."""
    catalog, places = catalog_of("local"), dict[str, list[str]]()
    for name in graph.all_outputs():
        places.setdefault(str(catalog.get(name)), []).append(name)
    shared = {name for names in places.values() if len(names) > 1 for name in names}
    points = {name for name in shared if name.startswith("ablation_")}
    assert shared - points <= {"policy_checkpoint"}
    parameters = validate_parameters(loader("local")["parameters"])
    found = configurations({"all": graph}, parameters, lambda _: None, "", {})
    asked = [found[name].digest for name in shared if name.endswith("policy_checkpoint")]
    assert len(asked) == len(set(asked)) > 1


def test_every_parameter_is_used(graph: Pipeline) -> None:
    used = {
        name.removeprefix("params:").split(".")[0] for name in graph.inputs() if name.startswith("params:")
    }
    assert MODELS.keys() - used == set()


def test_the_default_run_goes_through_the_eight(pipelines: dict[str, Pipeline]) -> None:
    assert set(DEFAULT) <= pipelines.keys()
    expected = {node.name for name in DEFAULT for node in pipelines[name].nodes}
    assert {node.name for node in pipelines["__default__"].nodes} == expected
    assert set(pipelines) - set(DEFAULT) - {"__default__"} <= {
        "ablations",
        "base_model",
        "candidate",
        "export",
        "patch_costs",
        "self_improvement",
        "publish",
    }


@pytest.mark.parametrize("name", DEFAULT)
def test_a_pipeline_has_files_of_its_name(name: str, pipelines: dict[str, Pipeline]) -> None:
    assert (CONF / f"base/catalog_{name}.yml").is_file()
    folder = CONF.parent / "src/repodojo/pipelines" / name
    assert {"__init__.py", "nodes.py", "pipeline.py"} <= {path.name for path in folder.iterdir()}


def test_an_environment_states_only_what_differs() -> None:
    """Soft merge: the rest of a parameters key comes from `base`."""
    base = loader("local")["parameters"]
    changed = loader("local", sampling={"attempts": 5})["parameters"]
    assert changed["sampling"] == base["sampling"] | {"attempts": 5}


def test_an_unknown_environment_is_named_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"environment 'tset' has no folder in .*'base'.*'test'"):
        check_environment(loader("tset"), "tset")
    check_environment(loader("test"), "test")


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"samplign": {}}, "parameter 'samplign' is unknown, did you mean 'sampling'?"),
        ({"sampling": {"atempts": 2}}, "parameter 'sampling.atempts' is unknown, did you mean 'attempts'?"),
        (
            {"sampling": {"attempts": 0}},
            "parameter 'sampling.attempts': .*greater than or equal to 1, found 0",
        ),
        ({"sampling": {"attempts": "x"}}, "parameter 'sampling.attempts': .*valid integer.*found 'x'"),
        ({"sampling": {"temperatures": [0.7, -1]}}, "'sampling.temperatures.1': .*equal to 0, found -1"),
        ({"sft": {"epochs": math.inf}}, "parameter 'sft.epochs': expected a finite number"),
        (
            {"base_model": {"small": {"stages": [{"prompt_weight": math.nan}]}}},
            "'base_model.small.stages.0.pr",
        ),
        ({"inference_scaling": {"seed": -1}}, "'inference_scaling.seed': .*equal to 0, found -1"),
        ({"sft": {"seed": 2**32}}, "'sft.seed': .*less than 4294967296"),
    ],
)
def test_a_wrong_parameter_is_named(parameters: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        validate_parameters(parameters)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"packages": ["pytest"]}, "'env_build.packages.0': .*==.* found 'pytest'"),
        ({"packages": ["--index-url=http://x==1"]}, "'env_build.packages.0': "),
        ({"selection": {"per_project": {"train": -1, "held_out": 1}}}, "per_project.train': .*equal to 0"),
        ({"projects": [PROJECT, PROJECT]}, "expected each version once, found more of tiny-1"),
        ({"projects": [PROJECT | {"tests": []}]}, "projects.0.tests': .*at least 1 item"),
        ({"projects": [PROJECT | {"tests": ["../x"]}]}, "projects.0.tests.0': .*in it, found '../x'"),
        ({"projects": [PROJECT | {"requirements": ["six"]}]}, "projects.0.requirements.0': .*found 'six'"),
    ],
)
def test_what_would_stop_a_build_midway_is_named_before_it(changes: dict[str, Any], told: str) -> None:
    settings: dict[str, Any] = {
        "packages": [],
        "projects": [],
        "injection": {"candidates_per_project": {"train": 1, "held_out": 1}},
        "selection": {name: {"train": 1, "held_out": 1} for name in ("per_project", "at_least")},
    }
    validate_parameters({"env_build": settings})
    changed = {
        name: settings[name] | value if isinstance(value, dict) else value for name, value in changes.items()
    }
    with pytest.raises(InputError, match=told):
        validate_parameters({"env_build": settings | changed})


def test_the_data_folder_can_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    for environment in ENVIRONMENTS:
        monkeypatch.setenv("REPODOJO_DATA", "elsewhere")
        assert loader(environment)["globals"]["data"] == str(CONF.parent / "elsewhere")
        monkeypatch.setenv("REPODOJO_DATA", "/another/disk")
        assert loader(environment)["globals"]["data"] == "/another/disk"


def test_no_file_names_a_machine() -> None:
    for path in [*CONF.rglob("*.yml"), CONF.parent / "constraints.txt", CONF.parent / "pyproject.toml"]:
        text = path.read_text()
        assert "file://" not in text, path
        assert "+cpu" not in text, path
        assert "://localhost" not in text, path
