"""`Moatless`: a fixed workflow of finding and changing code, without a shell (MoatlessTools 0.0.2).

Search, identify, decide, plan, clarify and edit, each a call of the policy with a prompt of its own; tests
are never run. SWE-Gym's second scaffold (section 3.3). The prompts are this project's; the index is built
from the repository itself, lexical unless an endpoint for embeddings is named; spans are those of `spans`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from repodojo.scaffolds.moatless.board import Limits
from repodojo.scaffolds.moatless.embeddings import Embedder
from repodojo.scaffolds.moatless.prompting import PROMPTS, Prompts
from repodojo.scaffolds.moatless.session import MoatlessSession
from repodojo.scaffolds.templates import load_templates
from repodojo.types import Instance, Message

RULE_VERSION = 2
"""Raised when spans, index, transitions or limits change."""


class Embeddings(BaseModel):
    """An endpoint that embeds code and queries, in place of BM25."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    base_url: str
    """Ends in ``/v1``; no part of what decides results."""


class Options(BaseModel):
    """What can be chosen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompts: Path | None = None
    """Folder of the prompts; by default the one beside the code."""
    embeddings: Embeddings | None = None


class Moatless:
    """A scaffold of six states."""

    name = "moatless"
    tools: tuple[Mapping[str, Any], ...] = ()
    stop: tuple[str, ...] = ("</replace>",)

    def __init__(self, options: Options) -> None:
        """Read the prompts.

        Raises:
            InputError: a prompt cannot be used.
        """
        self._templates = load_templates(options.prompts or Path(__file__).parent, PROMPTS)
        self._limits = Limits()
        chosen = options.embeddings
        self._embedder = Embedder(chosen.model, chosen.base_url) if chosen else None
        parts = f"{self._templates.digest} {self._limits} {chosen.model if chosen else ''}"
        self.fingerprint = f"moatless-{RULE_VERSION}-{hashlib.sha256(parts.encode()).hexdigest()[:16]}"

    def open(self, instance: Instance) -> Sequence[Message]:
        """Return nothing: the first prompt shows code, which only the sandbox has."""
        return ()

    def files(self, instance: Instance) -> Mapping[str, bytes]:
        """Return none: the issue is in the prompts only."""
        return {}

    def begin(self, instance: Instance) -> MoatlessSession:
        """Return the state of a new rollout."""
        prompts = Prompts(self._templates)
        return MoatlessSession(instance.problem_statement, prompts, self._limits, self._embedder)


def create_scaffold(options: Mapping[str, Any], observation_chars: int) -> Moatless:
    """Build the scaffold from a configuration's options; no command's output is ever shown.

    Raises:
        ValidationError: an option is unknown or wrong.
        InputError: a prompt cannot be used.
    """
    return Moatless(Options.model_validate(options))
