"""A checkpoint that no node writes, served as a policy: a released model that samples or is evaluated."""

from typing import Any, Literal

from repodojo.datasets.checkpoint import FolderDataset
from repodojo.datasets.handles import EnginesDataset
from repodojo.policies.policy import Policy


class ServedPolicyDataset(EnginesDataset):
    """Loads the policy of a checkpoint's folder; its engine starts when it is first asked."""

    def __init__(
        self,
        *,
        filepath: str,
        kind: Literal["local", "vllm"],
        settings: dict[str, Any] | None = None,
        operation: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Choose the checkpoint's folder and the engine; the rest is as in `EnginesDataset`."""
        super().__init__(kind=kind, settings=settings, operation=operation, metadata=metadata)
        self.folder = FolderDataset(filepath=filepath)
        self._policy: Policy | None = None

    def load(self) -> Policy:
        """Return the policy, the same one each time.

        Raises:
            InputDatasetError: the folder is missing or empty.
        """
        if self._policy is None:
            checkpoint = self.folder.load()
            self._policy = super().load().policy(checkpoint, checkpoint.name)
        return self._policy

    def check(self) -> None:
        """Look at the settings and at the folder: the engine starts only when it is first asked."""
        self.folder.check()
        super().check()

    def identity(self) -> Any:
        """Return the engine's kind and settings, and the digest of the folder's files."""
        return {**super().identity(), "checkpoint": self.folder.identity()}

    def _describe(self) -> dict[str, Any]:
        return {**super()._describe(), **self.folder._describe()}
