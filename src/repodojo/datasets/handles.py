"""Live things as catalog entries: policies, and engines that serve checkpoints.

An environment swaps them without touching a node. What decides results stands under ``settings`` and enters
every fingerprint; how it is run (threads, addresses, timeouts) stands under ``operation`` and does not.
Nothing starts before it is used; `close` ends what was started, and the next use starts it again.
"""

import atexit
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal, cast
from urllib.error import HTTPError
from urllib.request import urlopen

from kedro.io import AbstractDataset

from repodojo.datasets.engines import Engine, Engines
from repodojo.datasets.entries import checked
from repodojo.datasets.errors import InputDatasetError
from repodojo.datasets.files import file_digest, read_json
from repodojo.datasets.kinds import check_arguments, known_kind
from repodojo.datasets.plan import digest
from repodojo.datasets.records import load_object
from repodojo.policies.policy import Policy
from repodojo.policies.vllm_command import VLLMSettings
from repodojo.training.checkpoint_digest import digest_checkpoint

PROGRAMS = {
    "repair": "repodojo.policies.repair.RepairPolicy",
    "openai": "repodojo.policies.openai_api.OpenAIPolicy",
}
CHECK_TIMEOUT_S = 10.0
ENGINES = {"local": "repodojo.policies.local_engine", "vllm": "repodojo.policies.vllm_server"}
VLLM_SETTINGS = "repodojo.policies.vllm_command.VLLMSettings"


class HandleDataset(AbstractDataset[None, Any]):
    """What the handles share: made once, closed once, never saved."""

    _EPHEMERAL = True

    def __init__(self, kind: str, settings: dict[str, Any] | None, operation: dict[str, Any] | None) -> None:
        self._kind = kind
        self._settings = settings or {}
        self._operation = operation or {}
        self._handle: Any = None

    def load(self) -> Any:
        """Return the handle, the same one each time."""
        if self._handle is None:
            self._handle = self._make()
            atexit.register(self.close)
        return self._handle

    def save(self, data: None) -> None:
        """Refuse: no node makes a handle."""
        raise InputDatasetError(f"a {self._kind} handle is an input, and no node writes it")

    def check(self) -> None:
        """Try the handle, where it can be tried; its error says what is missing and what to do."""
        if hasattr(self.load(), "check_support"):
            self._handle.check_support()

    def close(self) -> None:
        """End what the handle started; it starts again when it is used again."""
        if hasattr(self._handle, "close"):
            self._handle.close()

    def identity(self) -> Any:
        """Return what decides the results that come of the handle."""
        return {"kind": self._kind, **self._settings}

    def _make(self) -> Any:
        raise NotImplementedError

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"kind": self._kind, **self._settings}


class PolicyDataset(HandleDataset):
    """Loads a policy that needs no checkpoint of this project."""

    def __init__(
        self,
        *,
        kind: Literal["repair", "openai", "scripted"],
        settings: dict[str, Any] | None = None,
        operation: dict[str, Any] | None = None,
        scripts: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Choose the policy.

        Args:
            kind: ``repair`` (the embedded teacher), ``openai`` (a compatible endpoint) or ``scripted``.
            settings: what decides its answers; goes to its constructor.
            operation: how it is run; goes to its constructor too, but never into a fingerprint.
            scripts: JSON file of a scripted policy's answers.
            metadata: of no concern to the dataset itself.
        """
        super().__init__(known_kind(kind, {**PROGRAMS, "scripted": ""}, "policy"), settings, operation)
        self._scripts = scripts
        self.metadata = metadata

    def check(self) -> None:
        """Try the endpoint: any answer will do, for what it serves may need a key that is not sent here."""
        super().check()
        for url in self._operation.get("base_urls", ()):
            try:
                urlopen(f"{url}/models", timeout=CHECK_TIMEOUT_S).close()  # noqa: S310 - the user's own address
            except HTTPError:
                continue
            except (OSError, ValueError) as error:
                raise InputDatasetError(
                    f"the endpoint {url} does not answer ({error}); start it, or mend 'base_urls'"
                ) from error

    def identity(self) -> Any:
        """Return the policy's kind, settings and scripts."""
        return super().identity() | _scripts_identity(self._scripts)

    def _make(self) -> Policy:
        if self._kind == "scripted":
            return _scripted(self._scripts)
        program = load_object(PROGRAMS[self._kind])
        check_arguments(self._kind, program, {**self._settings, **self._operation})
        return cast("Policy", program(**self._settings, **self._operation))


class EnginesDataset(HandleDataset):
    """Loads `Engines`, which serve the checkpoints that nodes hand to them."""

    def __init__(
        self,
        *,
        kind: Literal["local", "vllm"],
        settings: dict[str, Any] | None = None,
        operation: dict[str, Any] | None = None,
        scripts: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Choose the engine.

        Args:
            kind: ``local`` (transformers in a child process) or ``vllm`` (its server, started and stopped).
            settings: what decides its answers; goes to its constructor.
            operation: how it is run; goes to its constructor too, but never into a fingerprint.
            scripts: JSON file of answers that replace every policy's; scorers stay real.
            metadata: of no concern to the dataset itself.
        """
        super().__init__(known_kind(kind, ENGINES, "engine"), settings, operation)
        self._scripts = scripts
        self.metadata = metadata

    def check(self) -> None:
        """Look at the settings: an engine starts only when it is first asked."""
        self.load()
        program = f"{ENGINES['local']}.LocalEngine" if self._kind == "local" else VLLM_SETTINGS
        given = {**self._settings, **self._operation}
        check_arguments(self._kind, load_object(program), given, ("checkpoint",))
        self.vllm_settings()

    def identity(self) -> Any:
        """Return the engine's kind, settings and scripts."""
        return super().identity() | _scripts_identity(self._scripts)

    def _make(self) -> Engines:
        return Engines(self._serve, self._fingerprint, _scripted(self._scripts) if self._scripts else None)

    def vllm_settings(self) -> VLLMSettings | None:
        """Return how vLLM serves checkpoints; None where another engine does.

        Raises:
            InputDatasetError: naming the setting that is wrong.
        """
        if self._kind != "vllm":
            return None
        return checked(VLLMSettings, {**self._settings, **self._operation}, "kind 'vllm'")

    def _serve(self, checkpoint: Path) -> AbstractContextManager[Engine]:
        settings = self.vllm_settings()
        if settings is None:
            local = load_object(f"{ENGINES['local']}.LocalEngine")
            engine = local(checkpoint, **self._settings, **self._operation)
            return cast("AbstractContextManager[Engine]", engine)
        served_policy = load_object(f"{ENGINES['vllm']}.served_policy")
        return cast("AbstractContextManager[Engine]", served_policy(settings, checkpoint))

    def _fingerprint(self, checkpoint: Path) -> str:
        weights = digest_checkpoint(checkpoint)
        return digest({"checkpoint": weights, "engine": self._kind, "settings": self._settings})


def _scripts_identity(scripts: str | None) -> dict[str, str]:
    """Return what identifies a file of scripts."""
    if scripts is None:
        return {}
    return {"scripts": file_digest(Path(scripts)) if Path(scripts).is_file() else "missing"}


def _scripted(scripts: str | None) -> Policy:
    """Build a scripted policy from its file: ``{text in the issue: [[answer, ...], ...]}``."""
    found = read_json(Path(scripts)) if scripts else None
    if not isinstance(found, dict):
        raise InputDatasetError(f"'scripts' must name a JSON object of answers, found {scripts}")
    return cast("Policy", load_object("repodojo.policies.scripted.ScriptedPolicy")(found))


__all__ = ["Engines", "EnginesDataset", "HandleDataset", "PolicyDataset"]
