"""What a sandbox is, whatever runs it: an isolated copy of a repository that executes commands."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable


@dataclass(frozen=True)
class Limits:
    """What one sandbox may use."""

    memory_bytes: int = 2 << 30
    processes: int = 128
    disk_bytes: int = 512 << 20
    open_files: int = 1024
    cpu_s: int = 600
    """Of each process."""
    output_bytes: int = 1 << 20
    """Kept of one command's output: head and tail, with a marked middle."""


@dataclass(frozen=True)
class Mount:
    """A folder of the host that is seen, read-only, at ``target``."""

    source: Path
    target: str


@dataclass(frozen=True)
class SandboxSpec:
    """What to start: the stacked folders seen at ``workdir`` and what surrounds them."""

    layers: tuple[Path, ...]
    """Read-only folders, the topmost first; what the sandbox writes lands in a private layer above them."""
    workdir: str = "/testbed"
    mounts: tuple[Mount, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    """The only environment variables that commands see, beside PATH and HOME."""
    limits: Limits = Limits()
    network: Literal["none", "host"] = "none"
    preload: tuple[str, ...] = ()
    """Python modules, from mounts on ``PYTHONPATH``, to import once for many sandboxes (see `RunsPython`)."""
    system_packages: tuple[str, ...] = ()
    """Debian packages that the base must hold (see `Sandboxes.system_packages`)."""
    test_runner: str = "pytest"
    test_options: tuple[str, ...] = ()
    """How the repository's tests are run (see `grading.runners`); for graders, no command sees it."""

    @property
    def brings_python(self) -> bool:
        """Whether ``python`` is one that a mount brings, not the base's."""
        return "PATH" in self.environment


@dataclass(frozen=True)
class ExecResult:
    """What a command did."""

    output: bytes
    """Standard output and error, interleaved."""
    exit_code: int | None
    """None when the command was killed at its timeout."""
    timed_out: bool
    duration_s: float
    truncated: bool

    @property
    def text(self) -> str:
        """The output as text, undecodable bytes replaced."""
        return self.output.decode("utf-8", errors="replace")


@dataclass(frozen=True)
class Snapshot:
    """All files that a sandbox wrote, to put back into it or another one of the same spec and backend."""

    archive: bytes


class Sandbox(Protocol):
    """A running sandbox; every method raises SandboxError once it is lost."""

    def execute(self, command: str, timeout_s: float) -> ExecResult:
        """Run a command in the persistent shell: folder, variables and background jobs carry over."""

    def run(self, command: str, timeout_s: float) -> ExecResult:
        """Run a command in a new shell with a clean environment, in ``workdir``."""

    def read(self, path: str) -> bytes:
        """Read a file; a relative path starts at ``workdir``."""

    def write(self, path: str, content: bytes) -> None:
        """Write a file, making its folders."""

    def diff(self, base: str) -> str:
        """Return ``git diff`` of everything (new files too) against a commit."""

    def snapshot(self) -> Snapshot:
        """Keep the files as they are now; processes are paused meanwhile, and go on."""

    def restore(self, snapshot: Snapshot) -> None:
        """Put the files back; every process ends, and the shell starts anew."""

    def mechanisms(self) -> Mapping[str, str]:
        """Name, by limit, what enforces it here, and how the layers are stacked."""

    def close(self) -> None:
        """End the sandbox and leave nothing of it."""


@runtime_checkable
class RunsPython(Protocol):
    """A sandbox that starts Python programs faster than a shell can."""

    def run_python(self, path: str, timeout_s: float) -> ExecResult:
        """Run a Python file as `Sandbox.run` would, with nothing but the standard library on its path."""


class Sandboxes(Protocol):
    """A backend that starts sandboxes."""

    name: str

    @property
    def base(self) -> str:
        """What stands below the layers of every sandbox, and so can decide what a test does."""

    def system_packages(self, names: Sequence[str]) -> tuple[str, ...]:
        """Have Debian packages ready for sandboxes that ask for them; returns each as ``name=version``.

        Raises:
            LackingPackagesError: there are none of some names here; the message says what to do.
            BuildError: they cannot be had for another reason.
        """

    def start(self, spec: SandboxSpec) -> AbstractContextManager[Sandbox]:
        """Start a sandbox; leaving the context closes it."""
