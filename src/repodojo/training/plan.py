"""A training as data: what it starts from, what it learns, and what its checkpoint is called by."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repodojo.errors import NothingToLearnError, TrainingError
from repodojo.training.checkpoint_digest import digest_checkpoint
from repodojo.training.launch import LOG_NAME, METRICS_NAME, UNTRAINED_NAME, accelerate_launcher, run_child
from repodojo.training.settings import TrainingSettings
from repodojo.training.trained_on import trained_on
from repodojo.versions import git_commit

ROWS_NAME = "rows.jsonl"
Row = Mapping[str, Any]
"""``{"messages": [{"role": ..., "content": ...}, ...]}``; loss falls on the assistant's messages."""


@dataclass(frozen=True)
class TrainingPlan:
    """A training that is owed unless a checkpoint of its fingerprint exists."""

    name: str
    model: Path
    """Folder of the checkpoint to start from."""
    rows: tuple[Row, ...]
    settings: TrainingSettings
    instances: tuple[str, ...] = ()
    """Ids of the instances behind the rows; the checkpoint's card keeps them, with those of ``model``."""
    otherwise: Path | None = None
    """The checkpoint that stays where no row is left to learn from; without one, that is an error."""

    @property
    def fingerprint(self) -> Mapping[str, Any]:
        """What decides the weights."""
        return {
            "model": digest_checkpoint(self.model),
            "rows": digest_rows(self.rows),
            "settings": self.settings.model_dump(mode="json"),
        }

    def run(
        self, scratch: Path, *, processes: int = 1, threads: int = 2, accelerate_config: str = ""
    ) -> "Path | UntrainedPlan":
        """Train in child processes, resuming what ``scratch`` holds; return the finished folder.

        Where every row is left out (too long, without loss), return what stands in its place.

        How many processes of how many threads train, and accelerate's file of what else (FSDP), is no part of
        the fingerprint: a step sees the same rows in any case.

        Raises:
            TrainingError: there is nothing to learn from, or the child failed.
        """
        if not self.rows:
            raise TrainingError(
                f"training '{self.name}': found 0 rows, expected at least 1; nothing was started: no attempt "
                "was kept (the sampling statistics count resolved and unmeasured ones, the curation report "
                "what each rule left out); mend what failed, make more attempts, or loosen the rules"
            )
        scratch.mkdir(parents=True, exist_ok=True)
        finished = scratch / "model"
        shutil.rmtree(finished, ignore_errors=True)
        with (scratch / ROWS_NAME).open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in self.rows)
        config = {
            "name": self.name,
            "model": str(self.model.absolute()),
            "scratch": str(scratch.absolute()),
            "settings": self.settings.model_dump(mode="json"),
            "fingerprint": dict(self.fingerprint),
            "origin": {"base model": str(self.model), "git commit": git_commit(Path(__file__).parent)},
            "instances": sorted({*self.instances, *(trained_on(self.model) or ())}),
            "processes": processes,
            "threads": threads,
        }
        launcher = accelerate_launcher(processes, accelerate_config)
        try:
            run_child(self.name, "repodojo.training.sft", config, scratch, launcher)
        except NothingToLearnError as error:
            if self.otherwise is None:
                raise TrainingError(f"training '{self.name}' failed: {error}") from error
            return UntrainedPlan(self.otherwise, str(error))
        return finished


@dataclass(frozen=True)
class UntrainedPlan:
    """A policy that stays what it was, for there is nothing to learn from."""

    model: Path
    reason: str = "no trajectory holds an answer to learn from"

    @property
    def fingerprint(self) -> Mapping[str, Any]:
        """What decides the weights, and what is said of them."""
        return {"model": digest_checkpoint(self.model), "untrained": self.reason}

    def run(self, scratch: Path, **_: Any) -> Path:
        """Copy the checkpoint without the steps of its own training; write the reason beside it."""
        steps = shutil.ignore_patterns(METRICS_NAME, LOG_NAME)
        finished = Path(shutil.copytree(self.model, scratch / "model", ignore=steps, dirs_exist_ok=True))
        (finished / UNTRAINED_NAME).write_text(self.reason, encoding="utf-8")
        return finished


def why_untrained(checkpoint: Path) -> str:
    """Return why a checkpoint is a copy that learned nothing; empty where it is none."""
    note = checkpoint / UNTRAINED_NAME
    return note.read_text(encoding="utf-8") if note.is_file() else ""


def digest_rows(rows: Sequence[Row]) -> str:
    """Return a digest of the rows in their order."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(row, sort_keys=True, ensure_ascii=False).encode())
        digest.update(b"\n")
    return digest.hexdigest()
