"""Where instances come alive: a sandbox backend, and the folders of environments and instance layers."""

from dataclasses import dataclass
from pathlib import Path

from repodojo.environments.layers import instance_sandbox_spec
from repodojo.environments.sandbox import Sandboxes, SandboxSpec
from repodojo.types import Instance


@dataclass(frozen=True)
class Workshop:
    """Starts sandboxes for instances."""

    sandboxes: Sandboxes
    environments: Path
    layers: Path
    archives: Path | None = None
    """Folder of source distributions, fetched into it where missing; beside the environments unless given."""

    @property
    def base(self) -> str:
        """What stands below the layers of every sandbox, and so decides what is made there."""
        return self.sandboxes.base

    def spec(self, instance: Instance) -> SandboxSpec:
        """Return what to start for an instance: its repository as of ``base_commit``."""
        return instance_sandbox_spec(instance, self.environments, self.layers)
