"""The rings: `lint-imports` checks the contracts; this checks that no module stands outside them."""

import pkgutil
import tomllib
from pathlib import Path

import repodojo

PYPROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())


def test_every_module_stands_in_a_ring() -> None:
    layers, domain, *_ = PYPROJECT["tool"]["importlinter"]["contracts"]
    edge = {name.strip() for layer in layers["layers"] for name in layer.split("|")}
    placed = edge | set(domain["source_modules"])
    modules = {f"repodojo.{module.name}" for module in pkgutil.iter_modules(repodojo.__path__)}
    assert modules == placed


def test_the_domain_is_kept_from_every_module_of_the_edge() -> None:
    layers, domain, *_ = PYPROJECT["tool"]["importlinter"]["contracts"]
    edge = {name.strip() for layer in layers["layers"] for name in layer.split("|")}
    ours = edge - set(domain["source_modules"]) - {"repodojo.__main__"}
    assert ours == {name for name in domain["forbidden_modules"] if name.startswith("repodojo.")}
