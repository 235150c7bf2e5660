"""Handles of the places where instances come alive and where verdicts are kept."""

from pathlib import Path
from typing import Any, cast

from repodojo.datasets.handles import HandleDataset
from repodojo.datasets.kinds import known_kind
from repodojo.datasets.records import load_object
from repodojo.environments.workshop import Workshop
from repodojo.grading.store import VerdictStore
from repodojo.unfinished import sweep

BACKENDS = {
    "namespaces": "repodojo.environments.namespaces.NamespaceSandboxes",
    "docker": "repodojo.environments.docker.DockerSandboxes",
}


class WorkshopDataset(HandleDataset):
    """Loads a `Workshop`: a sandbox backend with the folders of environments and instance layers."""

    def __init__(
        self,
        *,
        backend: str,
        environments: str,
        layers: str,
        archives: str | None = None,
        operation: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Choose the backend and the folders; ``operation`` goes to the backend's constructor."""
        super().__init__(known_kind(backend, BACKENDS, "sandbox backend"), None, operation)
        self._environments = Path(environments)
        self._layers = Path(layers)
        self._archives = None if archives is None else Path(archives)
        self.metadata = metadata

    def check(self) -> None:
        """Try the backend, whose error says what is missing and what to do; clear away what a kill left."""
        self.sweep()
        cast("Any", self.load().sandboxes).check_support()

    def sweep(self) -> None:
        """Remove what killed runs left half built."""
        archives = self._archives or self._environments / "archives"
        for folder in (self._environments, *self._environments.glob("[!.]*"), self._layers, archives):
            sweep(folder)

    def identity(self) -> Any:
        """Return what stands below the layers of sandboxes."""
        return {"base": self.load().base}

    def close(self) -> None:
        """End what the backend started."""
        if self._handle is not None and hasattr(self._handle.sandboxes, "close"):
            self._handle.sandboxes.close()

    def _make(self) -> Workshop:
        backend = load_object(BACKENDS[self._kind])(**self._operation)
        return Workshop(backend, self._environments.absolute(), self._layers.absolute(), self._archives)


class VerdictStoreDataset(HandleDataset):
    """Loads a `VerdictStore`."""

    def __init__(self, *, path: str, metadata: dict[str, Any] | None = None) -> None:
        """Say where verdicts are kept."""
        super().__init__("verdict store", None, None)
        self._path = Path(path)
        self.metadata = metadata

    def _make(self) -> VerdictStore:
        return VerdictStore(self._path)
