"""Which run and commit made each dataset, kept in one file that every run updates.

A run that finds a dataset done already changes neither run nor commit of its entry, and adds none. Reports
and releases say from it where a number or a file came from.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline.node import Node

from repodojo.datasets.configuration import Configuration, Saved
from repodojo.datasets.files import read_fields, write_json


class Provenance:
    """The file: ``datasets`` by name, and the ``configurations`` that they name by digest."""

    def __init__(self, path: Path) -> None:
        self._path = path
        found = read_fields(path, datasets=dict, configurations=dict) or {}
        self.datasets: dict[str, dict[str, Any]] = found.get("datasets", {})
        self.configurations: dict[str, dict[str, Any]] = found.get("configurations", {})

    def record(self, name: str, configuration: Configuration, saved: Saved, run: str) -> bool:
        """Note who made a dataset; return whether anything is new."""
        before = self.datasets.get(name, {})
        if not saved.executed and (not before or before["configuration"] == configuration.digest):
            return False
        made = configuration.as_json()
        maker = {key: made[key] for key in ("node", "commit", "time", "versions")} | {"run": run}
        self.datasets[name] = {
            **(maker if saved.executed else before),
            "digest": saved.digest,
            "configuration": configuration.digest,
        }
        self.configurations[configuration.digest] = {key: made[key] for key in ("parameters", "inputs")}
        return True

    def write(self) -> None:
        """Write the file, without configurations that no dataset names any more."""
        used = {str(entry.get("configuration")) for entry in self.datasets.values()}
        kept = {digest: found for digest, found in self.configurations.items() if digest in used}
        write_json(self._path, {"datasets": self.datasets, "configurations": kept}, indent=1)


class ProvenanceHooks:
    """Keeps the catalog entry `provenance` up to date."""

    def __init__(self) -> None:
        self._catalog = DataCatalog()
        self._provenance: Provenance | None = None
        self._run = ""

    @hook_impl(trylast=True)  # kedro-mlflow opens the run in this same hook
    def before_pipeline_run(self, catalog: DataCatalog, run_params: Mapping[str, Any]) -> None:
        """Find the file and the run: MLflow's, or Kedro's session where none is open."""
        import mlflow  # noqa: PLC0415

        active = mlflow.active_run()
        self._run = active.info.run_id if active else str(run_params.get("run_id") or "")
        self._catalog = catalog
        kept: Any = catalog.get("provenance")
        self._provenance = Provenance(Path(str(kept._filepath))) if hasattr(kept, "_filepath") else None
        if self._provenance is not None and not kept.exists():
            self._provenance.write()

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """Note who made the dataset."""
        dataset: Any = self._catalog.get(dataset_name)
        saved = getattr(dataset, "saved", None)
        if self._provenance is None or not isinstance(saved, Saved):
            return
        configuration = dataset.configuration or Configuration(node=node.name)
        if self._provenance.record(dataset_name, configuration, saved, self._run):
            self._provenance.write()
