import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from repodojo.datasets.checkpoint import FINISHED, CheckpointDataset, FolderDataset
from repodojo.datasets.configuration import Configuration
from repodojo.errors import DatasetIncompleteError, InputError, TrainingError
from repodojo.training.plan import UntrainedPlan, why_untrained


@dataclass
class Training:
    """Writes one file for each step and can be made to stop before the end."""

    steps: int = 3
    dies_after: int | None = None
    runs: list[int] = field(default_factory=list)

    @property
    def fingerprint(self) -> Mapping[str, Any]:
        return {"steps": self.steps}

    def run(self, scratch: Path) -> Path:
        first = len(list(scratch.glob("step-*")))
        for step in range(first, self.steps):
            if step == self.dies_after:
                raise TrainingError(f"killed at step {step}")
            self.runs.append(step)
            (scratch / f"step-{step}").touch()
        (scratch / "metrics.jsonl").write_text('{"step": 1, "loss": 0.5}\n')
        model = scratch / "model"
        model.mkdir(exist_ok=True)
        (model / "config.json").write_text(json.dumps({"steps": self.steps}))
        return model


NO_WEIGHTS = (2).to_bytes(8, "little") + b"{}"
"""A safetensors file without a tensor."""


def test_a_training_runs_once_and_loads_as_its_folder(tmp_path: Path) -> None:
    dataset = CheckpointDataset(filepath=str(tmp_path))
    training = Training()
    dataset.save(training)
    dataset.save(training)
    assert training.runs == [0, 1, 2]
    assert json.loads((dataset.load() / "config.json").read_text()) == {"steps": 3}
    assert dataset.saved is not None
    assert dataset.saved.executed == 0


def test_what_a_training_logged_stays_with_its_checkpoint_and_the_rest_goes(tmp_path: Path) -> None:
    dataset = CheckpointDataset(filepath=str(tmp_path))
    dataset.save(Training())
    names = {path.name for path in dataset.load().iterdir()}
    assert names == {"config.json", "metrics.jsonl", FINISHED}
    assert not list(tmp_path.glob("_scratch/*"))


def test_a_training_that_died_goes_on_where_it_stood(tmp_path: Path) -> None:
    dataset = CheckpointDataset(filepath=str(tmp_path))
    with pytest.raises(DatasetIncompleteError, match="killed at step 2"):
        dataset.save(Training(dies_after=2))
    assert not dataset.exists()
    with pytest.raises(DatasetIncompleteError, match="no finished checkpoint"):
        dataset.load()
    again = Training()
    dataset.save(again)
    assert again.runs == [2]
    assert dataset.exists()


def test_fingerprints_and_configurations_keep_their_checkpoints_apart(tmp_path: Path) -> None:
    dataset = CheckpointDataset(filepath=str(tmp_path))
    dataset.asked_for(Configuration("short"))
    dataset.save(Training(1))
    dataset.asked_for(Configuration("long"))
    assert not dataset.exists()
    dataset.save(Training(5))
    long = dataset.load()
    dataset.asked_for(Configuration("short"))
    assert dataset.load() != long
    assert json.loads((dataset.load() / "config.json").read_text()) == {"steps": 1}


def test_a_folder_without_its_mark_is_not_a_checkpoint_and_is_replaced(tmp_path: Path) -> None:
    """A kill between the rename and the mark: the training is asked again and its folder adopted."""
    dataset = CheckpointDataset(filepath=str(tmp_path))
    dataset.save(Training())
    folder = dataset.load()
    (folder / FINISHED).unlink()
    (folder / "stale").touch()
    assert not dataset.exists()
    dataset.save(Training())
    assert dataset.load() == folder
    assert not (folder / "stale").exists()


def test_the_mark_says_what_produced_the_weights(tmp_path: Path) -> None:
    dataset = CheckpointDataset(filepath=str(tmp_path))
    dataset.asked_for(Configuration("c", "train_policy", {"sft": {"epochs": 2}}, {}, "abc123"))
    dataset.save(Training())
    note = json.loads((dataset.load() / FINISHED).read_text())
    assert note["fingerprint"] == {"steps": 3}
    assert note["node"] == "train_policy"
    assert note["commit"] == "abc123"


def test_a_training_that_leaves_nothing_is_refused(tmp_path: Path) -> None:
    class Empty(Training):
        def run(self, scratch: Path) -> Path:
            (scratch / "model").mkdir()
            return scratch / "model"

    with pytest.raises(DatasetIncompleteError, match="left no checkpoint"):
        CheckpointDataset(filepath=str(tmp_path)).save(Empty())


@pytest.mark.parametrize("harm", ["gone", "cut"])
def test_a_finished_checkpoint_without_one_of_its_files_is_owed_again(tmp_path: Path, harm: str) -> None:
    """Its mark alone used to vouch for it, and whoever needed the file failed later."""
    dataset = CheckpointDataset(filepath=str(tmp_path))
    dataset.save(Training())
    file = dataset.load() / "config.json"
    file.unlink() if harm == "gone" else file.write_text("{")
    assert not dataset.exists()
    dataset.save(Training())
    assert dataset.saved is not None
    assert dataset.saved.executed == 1
    assert json.loads(file.read_text()) == {"steps": 3}


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("config.json", "a model configuration is missing: expected config.json"),
        ("model.safetensors", r"weights is missing: expected \*.safetensors"),
        ("tokenizer.json", "a tokenizer is missing: expected tokenizer.json"),
        ("chat_template.jinja", "a chat template is missing: expected chat_template.jinja, or chat_template"),
    ],
)
def test_a_given_checkpoint_that_lacks_a_part_is_refused_before_work(
    tmp_path: Path, missing: str, told: str
) -> None:
    """The rollouts that needed it used to fail, each with a traceback of the library that reads it."""
    for name in ("config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(NO_WEIGHTS)
    dataset = FolderDataset(filepath=str(tmp_path))
    dataset.check()
    (tmp_path / missing).write_text("")
    with pytest.raises(InputError, match=told):
        dataset.check()
    (tmp_path / missing).unlink()
    with pytest.raises(InputError, match=told):
        dataset.check()


@pytest.mark.parametrize(
    "torn",
    [NO_WEIGHTS[:-1], NO_WEIGHTS[:5], NO_WEIGHTS + b"x", b"version https://git-lfs.github.com/spec/v1"],
)
def test_weights_cut_short_used_to_be_found_by_the_first_engine(tmp_path: Path, torn: bytes) -> None:
    for name in ("config.json", "tokenizer.json", "chat_template.jinja"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(torn)
    with pytest.raises(InputError, match=f"expected the bytes that its header announces, found {len(torn)}:"):
        FolderDataset(filepath=str(tmp_path)).check()


def test_a_missing_part_of_the_weights_used_to_be_found_by_the_first_engine(tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "chat_template.jinja"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "model-1.safetensors").write_bytes(NO_WEIGHTS)
    parts = {"a": "model-1.safetensors", "b": "model-2.safetensors"}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": parts}))
    with pytest.raises(InputError, match=r"index.json: expected model-2.safetensors beside it"):
        FolderDataset(filepath=str(tmp_path)).check()


def test_a_given_folder_must_hold_something(tmp_path: Path) -> None:
    dataset = FolderDataset(filepath=str(tmp_path / "weights"))
    with pytest.raises(InputError, match="weights is missing or empty"):
        dataset.load()
    assert dataset.identity() == "missing"
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights/config.json").write_text("{}")
    assert dataset.load() == tmp_path / "weights"
    before = dataset.identity()
    (tmp_path / "weights/config.json").write_text("{ }")
    assert dataset.identity() != before


def test_a_round_that_learns_nothing_twice_still_leaves_a_checkpoint(tmp_path: Path) -> None:
    """The mark of the checkpoint that was copied made the copy look incomplete for ever."""
    base = tmp_path / "base"
    base.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (base / name).write_text("{}")
    first, second = (CheckpointDataset(filepath=str(tmp_path / name)) for name in ("one", "two"))
    first.save(UntrainedPlan(base))
    second.save(UntrainedPlan(first.load()))
    assert second.exists()
    assert (second.load() / "model.safetensors").is_file()


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A checkpoint that was trained here, with what its training logged."""
    folder = tmp_path / "base"
    folder.mkdir()
    for name in ("config.json", "training.json", "metrics.jsonl", "training.log"):
        (folder / name).write_text("{}")
    return folder


def test_rows_that_are_all_too_long_used_to_end_a_sweep(tmp_path: Path, base: Path) -> None:
    """What stands in for the training must not be taken for it by others, who may not want that."""

    class Empty(Training):
        def run(self, scratch: Path) -> Path:
            return UntrainedPlan(base, "every row is too long")  # type: ignore[return-value]

    dataset = CheckpointDataset(filepath=str(tmp_path / "models"))
    dataset.asked_for(Configuration("empty"))
    dataset.save(Empty())
    assert why_untrained(dataset.load()) == "every row is too long"
    assert dataset.saved is not None
    assert dataset.saved.fingerprint["untrained"] == "every row is too long"
    dataset.asked_for(Configuration("whole"))
    whole = Training()
    dataset.save(whole)
    assert whole.runs == [0, 1, 2]
    assert why_untrained(dataset.load()) == ""
    assert not list((tmp_path / "models/_scratch").iterdir())


def test_a_round_that_learned_nothing_used_to_log_the_losses_of_the_one_before(
    tmp_path: Path, base: Path
) -> None:
    dataset = CheckpointDataset(filepath=str(tmp_path / "models"))
    dataset.save(UntrainedPlan(base))
    names = {path.name for path in dataset.load().iterdir()}
    assert names == {"config.json", "training.json", "untrained.txt", FINISHED}
