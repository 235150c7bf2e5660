import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from repodojo.datasets.errors import InputDatasetError
from repodojo.datasets.execution import Execution
from repodojo.datasets.plan import Plan
from repodojo.datasets.resumable_partitions import ResumablePartitionedDataset
from repodojo.datasets.stragglers import Stragglers

WAIT_S = 30.0


class Meter:
    """How many thunks run at once."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0
        self._lock = threading.Lock()

    def work(self, key: str) -> str:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        time.sleep(0.005)
        with self._lock:
            self.running -= 1
        return key


def thunks(work: Callable[[str], Any], number: int) -> dict[str, Callable[[], Any]]:
    return {f"k{at:02}": partial(work, f"k{at:02}") for at in range(number)}


@pytest.mark.parametrize("allowed", [1, 3])
def test_no_more_run_at_once_than_the_pace_allows(allowed: int) -> None:
    meter = Meter()
    execution = Execution(thunks(meter.work, 30), 8, pace=lambda running: allowed, step_s=0.01)
    assert sorted(result.value for result in execution.results()) == [f"k{at:02}" for at in range(30)]
    assert meter.most == allowed


def test_a_pace_that_grows_is_followed_and_told_how_many_run() -> None:
    meter, seen = Meter(), []

    def pace(running: int) -> int:
        seen.append(running)
        return min(8, len(seen))

    execution = Execution(thunks(meter.work, 200), 8, pace=pace, step_s=0.01)
    assert len(list(execution.results())) == 200
    assert 3 <= meter.most <= 8
    assert max(seen) <= 8


def hanging(gate: threading.Event, slow: set[str], key: str) -> str:
    if key in slow:
        gate.wait(WAIT_S)
    return key


def test_one_that_takes_too_long_is_given_up_and_costs_no_other() -> None:
    gate = threading.Event()
    work = partial(hanging, gate, {"k00", "k01"})
    execution = Execution(
        thunks(work, 6), 2, stragglers=Stragglers(each_s=0.2), give_up=lambda key, why: why, step_s=0.02
    )
    found = {result.key: result.value for result in execution.results()}
    gate.set()
    assert found.pop("k00") == found.pop("k01") == "it took more than 0.2 s"
    assert found == {key: key for key in ("k02", "k03", "k04", "k05")}


def test_the_last_few_are_bounded_together() -> None:
    gate = threading.Event()
    execution = Execution(
        thunks(partial(hanging, gate, {"k00", "k05"}), 40),
        8,
        stragglers=Stragglers(each_s=WAIT_S, together_s=0.2),
        step_s=0.02,
    )
    results = list(execution.results())
    gate.set()
    assert len(results) == 40
    assert {r.key: str(r.error) for r in results if r.error} == dict.fromkeys(
        ("k00", "k05"), "the last few took more than 0.2 s"
    )


def test_what_is_given_up_is_not_heard_later() -> None:
    gate = threading.Event()
    execution = Execution(
        thunks(partial(hanging, gate, {"k00"}), 3), 3, stragglers=Stragglers(each_s=0.1), step_s=0.02
    )
    results = execution.results()
    keys = [next(results).key for _ in range(3)]
    gate.set()
    assert sorted(keys) == ["k00", "k01", "k02"]
    assert list(results) == []


def test_a_record_of_what_was_given_up_is_kept_and_retried(tmp_path: Path) -> None:
    gate = threading.Event()
    dataset = ResumablePartitionedDataset(
        path=str(tmp_path),
        max_workers=4,
        summarise=f"{__name__}.summarise",
        failure_threshold=0.1,
        adaptive={"least": 4},
        stragglers={"each_s": 0.2},
    )
    plan = Plan(
        thunks(partial(hanging, gate, {"k00"}), 4), {}, give_up=lambda key, why: {"given_up": [key, why]}
    )
    with pytest.raises(Exception, match=r"1 of 4 are infrastructure failures"):
        dataset.save(plan)
    gate.set()
    dataset.save(plan)
    assert dataset.saved is not None
    assert dataset.saved.executed == 1
    assert dataset.load()["k00"] == "k00"


def summarise(record: Any) -> dict[str, int]:
    return {"infrastructure_failures": int(isinstance(record, dict))}


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"adaptive": {"cpus": 1}}, "adaptive in the catalog: 'cpus': .*found 1"),
        ({"adaptive": {"cpu": 2}}, "adaptive in the catalog: 'cpu': .*found 2"),
        ({"stragglers": {"each_s": 0}}, "stragglers in the catalog: 'each_s': .*found 0"),
    ],
)
def test_a_wrong_setting_is_named(entry: dict[str, Any], told: str, tmp_path: Path) -> None:
    with pytest.raises(InputDatasetError, match=told):
        ResumablePartitionedDataset(path=str(tmp_path), **entry)
