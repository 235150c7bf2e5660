"""Folders of weights: a training runs in a scratch folder and is adopted by rename once it is finished.

<filepath>/<fingerprint digest>/          a finished checkpoint; `_FINISHED.json`, written last, says so
<filepath>/_scratch/<fingerprint digest>/ where a training runs, and goes on after a kill
<filepath>/_asked/<configuration digest>  the fingerprint digest that the configuration leads to
"""

import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from kedro.io import AbstractDataset

from repodojo.datasets.configuration import Configuration, Saved
from repodojo.datasets.errors import IncompleteDatasetError, InputDatasetError
from repodojo.datasets.execution import interruptible
from repodojo.datasets.files import file_digest, held, read_fields, write_json
from repodojo.datasets.plan import digest
from repodojo.datasets.runs import AskedRuns
from repodojo.datasets.training_progress import training_progress
from repodojo.errors import InputError, RepoDojoError
from repodojo.training.checkpoint_check import check_checkpoint
from repodojo.training.launch import LOG_NAME, METRICS_NAME

FINISHED = "_FINISHED.json"
KEPT = (METRICS_NAME, LOG_NAME)
"""What a training leaves beside its checkpoint and is worth keeping with it."""

logger = logging.getLogger(__name__)


class TrainingPlan(Protocol):
    """A training that is owed unless a checkpoint of its fingerprint exists."""

    @property
    def fingerprint(self) -> Mapping[str, Any]:
        """What decides the weights; JSON-compatible."""

    def run(self, scratch: Path, **operation: Any) -> "Path | TrainingPlan":
        """Train, resuming what ``scratch`` holds; return the finished folder, on the same disk.

        Where there is nothing to learn from, return what is to be made in its place.
        """


class CheckpointDataset(AbstractDataset[TrainingPlan, Path]):
    """Runs a training unless its checkpoint is there; loads the checkpoint's folder."""

    def __init__(
        self,
        *,
        filepath: str,
        operation: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Describe where checkpoints lie.

        Args:
            filepath: the folder of all checkpoints of this dataset.
            operation: how a training is run (``processes``, ``threads``, ``accelerate_config``); goes to its
                `run`, but never into a fingerprint.
            metadata: of no concern to the dataset itself.
        """
        self._path = Path(filepath)
        self._operation = operation or {}
        self._asked = AskedRuns(self._path)
        self.configuration = Configuration()
        self.metadata = metadata
        self.saved: Saved | None = None

    def asked_for(self, configuration: Configuration) -> None:
        """Say which configuration's checkpoint `load`, `save` and `exists` are about."""
        self.configuration = configuration

    def load(self) -> Path:
        """Return the folder of the checkpoint that the current configuration asks for."""
        folder = self._current()
        if folder is None:
            raise IncompleteDatasetError(
                f"{self._path} holds no finished checkpoint for the current configuration; "
                f"plain `kedro run` makes it"
            )
        return folder

    def save(self, data: TrainingPlan) -> None:
        """Run the training and adopt its folder, unless a checkpoint of its fingerprint is there."""
        fingerprint = dict(data.fingerprint)
        name = digest(fingerprint)
        target = self._path / name
        made = None
        if not _is_whole(target):
            self._asked.forget(self.configuration.digest)
            made = self._train(data, fingerprint, target)
        if made is None or isinstance(made, Path):
            self._asked.remember(self.configuration.digest, name)
            self.saved = Saved(int(made is not None), name, target, fingerprint)
        else:
            logger.warning("%s: nothing was trained, in its place stands %s", self._path, made)
            self.save(made)

    def _train(
        self, plan: TrainingPlan, fingerprint: Mapping[str, Any], target: Path
    ) -> Path | TrainingPlan | None:
        """Train and adopt; return the folder, or what is to be made in its place.

        None where another run has made it meanwhile.
        """
        scratch = self._path / "_scratch" / target.name
        try:
            with held(scratch):
                if _is_whole(target):
                    return None
                with interruptible(), training_progress(f"{self._path.name} training", scratch):
                    made = plan.run(scratch, **self._operation)
                if isinstance(made, Path):
                    self._keep(made, scratch, fingerprint, target)
                shutil.rmtree(scratch, ignore_errors=True)
        except RepoDojoError as error:
            raise IncompleteDatasetError(str(error)) from error
        except OSError as error:
            raise IncompleteDatasetError(
                f"cannot write to {self._path}: {error.strerror or error}; make room or mend the folder, "
                f"then run the same command to go on"
            ) from error
        return target if isinstance(made, Path) else made

    def _keep(self, finished: Path, scratch: Path, fingerprint: Mapping[str, Any], target: Path) -> None:
        """Put a training that finished in ``scratch`` in its place, marked as finished."""
        if not finished.is_dir() or not any(finished.iterdir()):
            raise IncompleteDatasetError(f"the training left no checkpoint in {finished}")
        for record in (scratch / name for name in KEPT):
            if record.is_file() and record.parent != finished:
                record.replace(finished / record.name)
        (finished / FINISHED).unlink(missing_ok=True)  # of a checkpoint that it was copied from
        _adopt(finished, target)
        note = {"fingerprint": fingerprint, "files": _sizes(target), **self.configuration.as_json()}
        write_json(target / FINISHED, note, indent=1)

    def _current(self) -> Path | None:
        """Return the finished checkpoint that the current configuration leads to."""
        fingerprint = self._asked.find(self.configuration.digest)
        folder = self._path / (fingerprint or "")
        return folder if fingerprint and _is_whole(folder) else None

    def _exists(self) -> bool:
        return self._current() is not None

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._path.as_posix()}


class FolderDataset(AbstractDataset[None, Path]):
    """A checkpoint that no node writes (released weights, an unpacked download); loads its folder."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Describe the folder."""
        self.path = Path(filepath)
        self.metadata = metadata

    def load(self) -> Path:
        """Return the folder's path.

        Raises:
            InputDatasetError: it is missing or empty.
        """
        if not self._exists():
            raise InputDatasetError(
                f"{self.path} is missing or empty; expected the folder of a checkpoint, mend 'filepath'"
            )
        return self.path

    def save(self, data: None) -> None:
        """Refuse: no node writes this folder."""
        raise InputDatasetError(f"{self.path} is an input, and no node writes it")

    def check(self) -> None:
        """Look whether the folder can be trained and served from.

        Raises:
            InputDatasetError: naming what is missing.
        """
        try:
            check_checkpoint(self.load())
        except InputError as error:
            raise InputDatasetError(str(error)) from error

    def identity(self) -> str:
        """Return the digest of the folder's files."""
        return file_digest(self.path) if self._exists() else "missing"

    def _exists(self) -> bool:
        return self.path.is_dir() and any(self.path.iterdir())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self.path.as_posix()}


def _sizes(folder: Path) -> dict[str, int]:
    """Return the bytes of each of a folder's files."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}


def _is_whole(folder: Path) -> bool:
    """Whether a checkpoint is marked as finished, and still has every file that it had then."""
    note = read_fields(folder / FINISHED)
    return note is not None and note.get("files", {}).items() <= _sizes(folder).items()


def _adopt(finished: Path, target: Path) -> None:
    """Rename a folder into place; what stood there without a mark of completeness goes."""
    if target.exists():
        aside = target.with_name(f"{target.name}.aside")
        shutil.rmtree(aside, ignore_errors=True)
        target.rename(aside)
        finished.rename(target)
        shutil.rmtree(aside)
    else:
        finished.rename(target)
