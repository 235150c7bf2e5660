"""Kedro's hooks: what results the configuration asks for, tracking, live handles, timings.

They observe and connect; no result is computed here. The logic stands in `tracking` and `datasets`.
"""

import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kedro.framework import project
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from repodojo.datasets.asked import check_clones, check_environment, check_seed
from repodojo.datasets.asked_shape import ask_for
from repodojo.datasets.configuration import Checked, Configurable, Configuration, Identified, Saved
from repodojo.datasets.files import check_writable
from repodojo.datasets.handles import HandleDataset
from repodojo.datasets.plan import digest
from repodojo.params import validate_parameters
from repodojo.tracking import child_runs, lineage
from repodojo.tracking.database import create_database
from repodojo.tracking.timings import Timings
from repodojo.versions import git_commit, installed_versions

logger = logging.getLogger(__name__)


class ConfigurationHooks:
    """Checks the configuration, and tells each dataset which results it asks for."""

    def __init__(self) -> None:
        self._project = Path()
        self._data = Path()

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Refuse an unknown environment or parameter before anything else happens."""
        self._project = context.project_path
        check_environment(context.config_loader, context.env)
        check_seed(os.environ.get("REPODOJO_SEED", ""))
        check_clones(os.environ.get("REPODOJO_CLONES", ""), self._project)
        self._data = Path(context.config_loader["globals"].get("data", context.project_path / "data"))
        checked = validate_parameters(context.config_loader["parameters"])
        if ask_for(checked):
            pipelines.configure(f"{project.PACKAGE_NAME}.pipeline_registry")
        create_database(context.config_loader["mlflow"]["server"]["mlflow_tracking_uri"])

    @hook_impl(tryfirst=True)  # before kedro-mlflow opens a run
    def before_pipeline_run(self) -> None:
        """Refuse a full or unwritable disk before anything else happens."""
        check_writable(self._data)

    @hook_impl
    def after_catalog_created(self, catalog: DataCatalog, parameters: Mapping[str, Any]) -> None:
        """Give every dataset that a node writes its configuration."""

        def identity(name: str) -> Any:
            dataset: Any = catalog.get(name)
            return dataset.identity() if isinstance(dataset, Identified) else None

        checked = validate_parameters(lineage.plain(parameters["parameters"]))
        outputs = {name for found in pipelines.values() for name in found.all_outputs()}
        only_read = {name for name in outputs if getattr(catalog.get(name), "only_read", False)}
        commit, versions = git_commit(self._project), installed_versions()
        found = lineage.configurations(dict(pipelines), checked, identity, commit, versions, only_read)
        for name, configuration in found.items():
            dataset: Any = catalog.get(name)
            if isinstance(dataset, Configurable):
                dataset.asked_for(configuration)


class TrackingHooks:
    """Logs to the MLflow run that kedro-mlflow opens, and a child run for each training and evaluation."""

    def __init__(self) -> None:
        self._catalog = DataCatalog()
        self._run_id: str | None = None
        self._commit = ""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Remember which code runs."""
        self._commit = git_commit(context.project_path)

    @hook_impl(trylast=True)  # kedro-mlflow opens the run in this same hook
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Log the parameters flat: kedro-mlflow logs a typed one as a single string."""
        import mlflow  # noqa: PLC0415

        self._catalog = catalog
        active = mlflow.active_run()
        self._run_id = active.info.run_id if active else None
        if self._run_id is None:
            return
        names = lineage.outermost_parameters(pipeline.inputs())
        values = {name.removeprefix(lineage.PREFIX): catalog.load(name) for name in names}
        child_runs.log_params(mlflow.MlflowClient(), self._run_id, values)
        configurations = sorted(configuration_of(catalog, name).digest for name in pipeline.all_outputs())
        tags = {child_runs.FINGERPRINT_TAG: digest(configurations), "git_commit": self._commit}
        mlflow.set_tags({**tags, **installed_versions()})

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Log a child run, where the catalog says that the dataset is one."""
        dataset = self._catalog.get(dataset_name)
        declared = (getattr(dataset, "metadata", None) or {}).get("mlflow", {})
        saved = getattr(dataset, "saved", None)
        if self._run_id is None or saved is None or "child_run" not in declared:
            return
        configuration = configuration_of(self._catalog, dataset_name)
        tags = {"dataset": dataset_name, "node": node.name, "git_commit": configuration.commit}
        self._log(list(child_runs.child_runs(declared, saved, data, configuration.parameters)), tags)

    def _log(self, children: list[child_runs.ChildRun], tags: Mapping[str, str]) -> None:
        """Log child runs; an unreachable server costs their record, which the next run makes up for."""
        import mlflow  # noqa: PLC0415

        client = mlflow.MlflowClient()
        try:
            parent = client.get_run(self._run_id).info
            for child in children:
                child_runs.log_child_run(client, parent.experiment_id, parent.run_id, child, tags)
        except mlflow.exceptions.MlflowException as error:
            logger.warning("MLflow did not take %s: %s", [child.name for child in children], error)


class HandleHooks:
    """Tries live handles before work starts, and closes them once no node needs them any more."""

    def __init__(self) -> None:
        self._users: dict[str, set[str]] = {}
        self._handles: dict[str, HandleDataset] = {}

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Try each input that work is owed of: a refusing kernel, a dead endpoint, missing weights."""
        for name in sorted(pipeline.inputs()):
            dataset: Any = catalog.get(name)
            users = [node for node in pipeline.nodes if name in node.inputs]
            if isinstance(dataset, Checked) and not all(
                catalog.exists(output) for node in users for output in node.outputs
            ):
                dataset.check()
            if isinstance(dataset, HandleDataset):
                self._handles[name] = dataset
                self._users[name] = {node.name for node in users}

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Close the handles whose last user is done: its outputs, which used them, are saved by now."""
        for name in [name for name, users in self._users.items() if not users]:
            self._handles[name].close()
            del self._users[name]
        for users in self._users.values():
            users.discard(node.name)

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Close every handle."""
        self._close()

    @hook_impl
    def on_pipeline_error(self) -> None:
        """Close every handle."""
        self._close()

    def _close(self) -> None:
        for handle in self._handles.values():
            handle.close()


class TimingHooks:
    """Measures nodes and pipelines, and says at the end what took how long."""

    def __init__(self) -> None:
        self._catalog = DataCatalog()
        self._timings: Timings | None = None
        self._pipeline_of: dict[str, str] = {}
        self._started: dict[str, float] = {}
        self._missing: dict[str, set[str]] = {}
        self._done = 0
        self._begin = 0.0
        self._seconds: dict[str, float] = {}

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Find the file of timings, and which pipeline each node belongs to."""
        self._catalog = catalog
        self._begin = time.monotonic()
        named = {name: found for name, found in pipelines.items() if name != "__default__"}
        usual = set(pipelines["__default__"].nodes)
        # A node that another pipeline goes through, too, counts for the default run's.
        ordered = sorted(named.items(), key=lambda item: set(item[1].nodes) <= usual)
        self._pipeline_of = {node.name: name for name, found in ordered for node in found.nodes}
        self._missing = {node.name: set(node.outputs) for node in pipeline.nodes}
        timings: Any = catalog.get("timings")
        self._timings = Timings(Path(str(timings._filepath))) if hasattr(timings, "_filepath") else None

    @hook_impl
    def before_dataset_loaded(self, node: Node) -> None:
        """Start a node's clock at its first input."""
        self._started.setdefault(node.name, time.monotonic())

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Start the clock of a node without inputs."""
        self._started.setdefault(node.name, time.monotonic())

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """Stop a node's clock at its last output."""
        self._missing[node.name].discard(dataset_name)
        if self._missing[node.name]:
            return
        seconds = time.monotonic() - self._started[node.name]
        pipeline = self._pipeline_of.get(node.name, "__default__")
        self._seconds[pipeline] = self._seconds.get(pipeline, 0.0) + seconds
        self._done += 1
        logger.info("%d of %d: %s, %.1f s", self._done, len(self._missing), node.name, seconds)
        outputs = [getattr(self._catalog.get(name), "saved", None) for name in node.outputs]
        saved = [output for output in outputs if isinstance(output, Saved)]
        if self._timings is not None:
            results = digest([output.digest for output in saved])
            self._timings.record(
                node.name, pipeline, seconds, results, any(output.executed for output in saved)
            )
            self._timings.write()

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Say what took how long."""
        parts = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self._seconds.items())
        logger.info("done in %.1f s (%s)", time.monotonic() - self._begin, parts or "nothing was owed")


def configuration_of(catalog: DataCatalog, name: str) -> Configuration:
    """Return the configuration that a dataset is asked for."""
    found = getattr(catalog.get(name), "configuration", None)
    return found if isinstance(found, Configuration) else Configuration()
