"""Pages as artefacts of the MLflow run that wrote them, so that they open from the run."""

import logging
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog

from repodojo.datasets.configuration import Saved

logger = logging.getLogger(__name__)


class ArtifactHooks:
    """Logs the files of a dataset whose catalog entry asks for it, where they changed."""

    def __init__(self) -> None:
        self._catalog = DataCatalog()

    @hook_impl
    def before_pipeline_run(self, catalog: DataCatalog) -> None:
        """Remember the catalog."""
        self._catalog = catalog

    @hook_impl
    def after_dataset_saved(self, dataset_name: str) -> None:
        """Log the files; an unreachable server costs them, as they stay where the catalog says."""
        dataset: Any = self._catalog.get(dataset_name)
        wanted = (getattr(dataset, "metadata", None) or {}).get("mlflow", {}).get("artifacts")
        saved = getattr(dataset, "saved", None)
        if not wanted or not isinstance(saved, Saved) or not saved.executed:
            return
        import mlflow  # noqa: PLC0415

        if mlflow.active_run() is None:
            return
        try:
            if saved.path.is_dir():
                mlflow.log_artifacts(str(saved.path), saved.path.name)
            else:
                mlflow.log_artifact(str(saved.path))
        except mlflow.exceptions.MlflowException as error:
            logger.warning("MLflow did not take %s: %s", dataset_name, error)
