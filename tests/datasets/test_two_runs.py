"""Two runs at once in one data folder: the second one waits, and does nothing twice."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from repodojo.datasets.checkpoint import CheckpointDataset
from repodojo.datasets.plan import Plan
from repodojo.datasets.resumable_partitions import ResumablePartitionedDataset


class Training:
    def __init__(self, done: list[str]) -> None:
        self.fingerprint = {"weights": 1}
        self.done = done

    def run(self, scratch: Path, **_: Any) -> Path:
        self.done.append("trained")
        time.sleep(0.2)
        (scratch / "model").mkdir()
        (scratch / "model/weights").touch()
        return scratch / "model"


def at_once(save: Callable[[], None]) -> list[BaseException]:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            save()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_two_runs_at_once_made_every_result_twice(tmp_path: Path) -> None:
    done: list[str] = []

    def work() -> int:
        done.append("worked")
        time.sleep(0.2)
        return 1

    plan = Plan(thunks={"a": work, "b": work}, fingerprint={"work": 1})
    assert at_once(lambda: ResumablePartitionedDataset(path=str(tmp_path)).save(plan)) == []
    assert done == ["worked"] * 2


def test_two_runs_at_once_trained_in_one_folder(tmp_path: Path) -> None:
    done: list[str] = []
    assert at_once(lambda: CheckpointDataset(filepath=str(tmp_path)).save(Training(done))) == []
    assert done == ["trained"]
    dataset = CheckpointDataset(filepath=str(tmp_path))
    assert [path.name for path in dataset.load().iterdir() if path.suffix != ".json"] == ["weights"]
