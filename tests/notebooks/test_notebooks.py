"""The notebooks run on what a run leaves, load only what the catalog has, and write nothing."""

import json
import random
import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from kedro.config import OmegaConfigLoader
from kedro.io import CatalogConfigResolver, DataCatalog, MemoryDataset

from repodojo.metrics.scaling import scale_attempts
from repodojo.metrics.settings import ScalingSettings
from repodojo.settings import CONFIG_LOADER_ARGS
from repodojo.types import Instance, Message, Trajectory, Turn, Verdict

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def code(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@pytest.fixture
def catalog() -> DataCatalog:
    """What the notebooks read, of two instances with four attempts each."""
    generator = random.Random(0)
    instances = [
        Instance(
            *(name, f"o/{name}", "1", "0", "words", "", "", ("t",), (), "e", ("t.py",)), split="held_out"
        )
        for name in ("a", "b")
    ]
    made, graded = {}, {}
    for key in (f"{each.instance_id}.{attempt}" for each in instances for attempt in range(4)):
        name, attempt = key.split(".")
        messages = (Message("user", "issue"), Message("assistant", "ls"))
        turns = (Turn("ls", 0, 1, 1, "stop", 0.0, 0.0),)
        made[key] = Trajectory(
            *(key, name, "p", "s", int(attempt), 0.0, 0), messages, turns, "diff", "Submitted"
        )
        outcome = "resolved" if generator.random() < 0.5 else "unresolved"
        graded[key] = Verdict(key, name, outcome, "tests")
    scores = {key: generator.random() for key in made}
    curves = scale_attempts(instances, made.values(), graded, scores, ScalingSettings(max_k=4))
    values: dict[str, Any] = {
        "fine_tuned.trajectories": made,
        "fine_tuned.verdicts": graded,
        "verifier_scores": scores,
        "scaling_curves": curves,
        "provenance": {"datasets": {}, "configurations": {}},
    }
    return DataCatalog({name: MemoryDataset(value) for name, value in values.items()})


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_runs(path: Path, catalog: DataCatalog) -> None:
    mpl.use("agg")
    names: dict[str, Any] = {"catalog": catalog}
    for cell in code(path):
        exec(compile(re.sub(r"(?m)^%.*$", "", cell), path.name, "exec"), names)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_only_read_what_the_catalog_has(path: Path) -> None:
    loader = OmegaConfigLoader(conf_source=str(ROOT / "conf"), env="local", **CONFIG_LOADER_ARGS)
    entries = loader["catalog"]
    resolver, text = CatalogConfigResolver(entries), "\n".join(code(path))
    assert ".save(" not in text
    assert "open(" not in text
    loaded = [
        name.replace("{POLICY}", "fine_tuned") for name in re.findall(r'catalog\.load\(f?"([^"]+)"\)', text)
    ]
    assert loaded
    assert [name for name in loaded if name not in entries and not resolver.match_dataset_pattern(name)] == []


def test_notebooks_hold_no_output() -> None:
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert all(not cell.get("outputs") for cell in cells), path.name
