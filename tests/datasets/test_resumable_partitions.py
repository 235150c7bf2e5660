import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kedro.io import DatasetError

from repodojo.datasets.configuration import Configuration
from repodojo.datasets.plan import Plan, digest
from repodojo.datasets.resumable_partitions import ResumablePartitionedDataset
from repodojo.datasets.runs import Run
from repodojo.errors import DatasetIncompleteError, InputError
from repodojo.types import Verdict

WORKER = """
import signal, sys, time
from functools import partial
from pathlib import Path
from repodojo.datasets.plan import Plan
from repodojo.datasets.resumable_partitions import ResumablePartitionedDataset

signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs are started without
folder, log, seconds, stop = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4])

def work(key):
    with log.open("a") as file:
        file.write(f"start {key}\\n")
    time.sleep(seconds)
    with log.open("a") as file:
        file.write(f"done {key}\\n")
    return {"key": key, "infrastructure_failures": int(stop.exists())}

plan = Plan({f"r{i}": partial(work, f"r{i}") for i in range(12)}, {"seed": 0}, stop=stop.touch)
dataset = ResumablePartitionedDataset(path=str(folder), max_workers=2, summarise="worker_summary.summarise")
dataset.save(plan)
print(dataset.saved.executed)
"""


def summarise(record: dict[str, Any]) -> dict[str, int]:
    return {"infrastructure_failures": int(record["failed"])}


def counting(counts: dict[str, int], key: str, result: Any = None) -> Any:
    counts[key] = counts.get(key, 0) + 1
    if isinstance(result, Exception):
        raise result
    return {"key": key} if result is None else result


def plan_of(counts: dict[str, int], keys: str, fingerprint: Any = None, **results: Any) -> Plan:
    thunks = {key: partial(counting, counts, key, results.get(key)) for key in keys}
    return Plan(thunks, fingerprint or {"seed": 0})


def start(tmp_path: Path, seconds: float) -> subprocess.Popen[str]:
    (tmp_path / "worker_summary.py").write_text(
        "def summarise(record):\n    return {'infrastructure_failures': record['infrastructure_failures']}\n"
    )
    arguments = [tmp_path / "out", tmp_path / "log", seconds, tmp_path / "stopped"]
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited for a minute"
        time.sleep(0.02)


def saved_keys(tmp_path: Path) -> set[str]:
    return {path.stem for path in (tmp_path / "out").glob("*/r*.json")}


def test_results_load_by_key_in_order(tmp_path: Path) -> None:
    dataset = ResumablePartitionedDataset(path=str(tmp_path), record="repodojo.types.Verdict", max_workers=3)
    verdicts = {key: Verdict(key, "a__b-1", "resolved", "tests", ("t::x",)) for key in ("b", "a", "c/d")}
    dataset.save(Plan({key: partial(lambda v: v, v) for key, v in verdicts.items()}, {}))
    assert list(dataset.load().items()) == sorted(verdicts.items())
    assert dataset.exists()


def test_nothing_runs_twice(tmp_path: Path) -> None:
    counts: dict[str, int] = {}
    for _ in range(2):
        dataset = ResumablePartitionedDataset(path=str(tmp_path))
        dataset.save(plan_of(counts, "abc"))
    assert counts == {"a": 1, "b": 1, "c": 1}
    assert dataset.saved is not None
    assert dataset.saved.executed == 0


def test_a_larger_plan_runs_only_what_is_new_and_a_smaller_one_loads_only_its_own(tmp_path: Path) -> None:
    counts: dict[str, int] = {}
    dataset = ResumablePartitionedDataset(path=str(tmp_path))
    dataset.save(plan_of(counts, "ab"))
    dataset.save(plan_of(counts, "abc"))
    assert counts == {"a": 1, "b": 1, "c": 1}
    dataset.save(plan_of(counts, "bc"))
    assert list(dataset.load()) == ["b", "c"]


def test_fingerprints_keep_their_results_apart(tmp_path: Path) -> None:
    dataset = ResumablePartitionedDataset(path=str(tmp_path))
    dataset.save(plan_of({}, "ab", {"seed": 1}, a={"by": 1}))
    dataset.save(plan_of({}, "ab", {"seed": 2}, a={"by": 2}))
    assert dataset.load()["a"] == {"by": 2}
    counts: dict[str, int] = {}
    dataset.save(plan_of(counts, "ab", {"seed": 1}))
    assert dataset.load()["a"] == {"by": 1}
    assert counts == {}


def test_a_configuration_sees_only_its_own_results(tmp_path: Path) -> None:
    first, second = Configuration("first"), Configuration("second")
    dataset = ResumablePartitionedDataset(path=str(tmp_path))
    dataset.asked_for(first)
    dataset.save(plan_of({}, "a", {"seed": 1}, a={"by": 1}))
    dataset.asked_for(second)
    assert not dataset.exists()
    with pytest.raises(DatasetIncompleteError, match="no complete run for the current configuration"):
        dataset.load()
    dataset.asked_for(first)
    assert dataset.exists()
    assert dataset.load() == {"a": {"by": 1}}


def test_an_interrupted_configuration_does_not_exist_though_an_older_fingerprint_of_it_does(
    tmp_path: Path,
) -> None:
    dataset = ResumablePartitionedDataset(path=str(tmp_path))
    dataset.save(plan_of({}, "ab", {"code": 1}))
    with pytest.raises(DatasetError):
        dataset.save(plan_of({}, "ab", {"code": 2}, b=KeyError("x")))
    assert not dataset.exists()


def test_an_error_costs_its_own_result_only_and_is_named(tmp_path: Path) -> None:
    counts: dict[str, int] = {}
    dataset = ResumablePartitionedDataset(path=str(tmp_path), max_workers=2)
    with pytest.raises(DatasetIncompleteError, match=r"1 of 4 raised.*'b': KeyError: 'broken'") as caught:
        dataset.save(plan_of(counts, "abcd", b=KeyError("broken")))
    assert isinstance(caught.value.__cause__, KeyError)
    assert not dataset.exists()
    dataset.save(plan_of(counts, "abcd"))
    assert counts == {"a": 1, "b": 2, "c": 1, "d": 1}
    assert list(dataset.load()) == ["a", "b", "c", "d"]


def test_a_result_of_another_type_is_an_error_of_its_own(tmp_path: Path) -> None:
    dataset = ResumablePartitionedDataset(path=str(tmp_path), record="repodojo.types.Verdict")
    verdict = Verdict("b", "a__b-1", "resolved", "tests")
    with pytest.raises(DatasetIncompleteError, match=r"'a': TypeError: expected a repodojo.types.Verdict"):
        dataset.save(plan_of({}, "ab", a={"no": "verdict"}, b=verdict))
    assert len(list(tmp_path.glob("*/b.json"))) == 1


def test_a_torn_file_is_owed_again(tmp_path: Path) -> None:
    counts: dict[str, int] = {}
    dataset = ResumablePartitionedDataset(path=str(tmp_path))
    dataset.save(plan_of(counts, "ab"))
    (torn,) = tmp_path.glob("*/a.json")
    torn.write_text('{"key": ')
    with pytest.raises(DatasetIncompleteError, match=r"a\.json is missing or torn"):
        dataset.load()
    dataset.save(plan_of(counts, "ab"))
    assert counts == {"a": 2, "b": 1}
    assert dataset.load()["a"] == {"key": "a"}


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text("")])
def test_it_does_not_exist_while_a_file_is_gone_or_empty(
    tmp_path: Path, damage: Callable[[Path], Any]
) -> None:
    dataset = ResumablePartitionedDataset(path=str(tmp_path))
    dataset.save(plan_of({}, "ab"))
    (file,) = tmp_path.glob("*/b.json")
    damage(file)
    assert not dataset.exists()


def test_too_many_infrastructure_failures_fail_the_run_and_only_they_are_retried(tmp_path: Path) -> None:
    counts: dict[str, int] = {}
    dataset = ResumablePartitionedDataset(
        path=str(tmp_path), summarise=f"{__name__}.summarise", failure_threshold=0.25
    )
    good, bad = {"failed": False}, {"failed": True}
    with pytest.raises(DatasetIncompleteError, match=r"2 of 4 are infrastructure failures, allowed are 25%"):
        dataset.save(plan_of(counts, "abcd", a=good, b=bad, c=bad, d=good))
    assert not dataset.exists()
    dataset.save(plan_of(counts, "abcd", b=good, c=bad))
    assert counts == {"a": 1, "b": 2, "c": 2, "d": 1}
    dataset.save(plan_of(counts, "abcd"))
    assert counts["c"] == 2, "a complete run keeps what could not be measured"
    assert dataset.load()["c"] == bad


def test_infrastructure_failures_are_told_with_the_first_of_them(tmp_path: Path) -> None:
    """It used to be said only how many there are, not that an endpoint was down."""
    dataset = ResumablePartitionedDataset(
        path=str(tmp_path),
        record="repodojo.types.Verdict",
        summarise="repodojo.grading.verdict.summarise",
        failure_threshold=0.1,
    )
    verdicts = {
        "a": Verdict("i.0", "i", "resolved", "tests"),
        "b": Verdict("i.1", "i", "not_measured", "PolicyError: http://h:1/v1: refused"),
    }
    told = r"1 of 2 .* allowed are 10%; first 'b': PolicyError: http://h:1/v1: refused; everything else"
    with pytest.raises(DatasetIncompleteError, match=told):
        dataset.save(plan_of({}, "ab", **verdicts))


def test_killed_at_any_moment_it_goes_on(tmp_path: Path) -> None:
    """`kill -9` in the middle of a save: what was saved stays, nothing that was saved runs again."""
    process = start(tmp_path, 0.1)
    wait_for(lambda: len(saved_keys(tmp_path)) >= 4)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = saved_keys(tmp_path)
    assert 4 <= len(kept) < 12
    assert not list((tmp_path / "out").glob("*/_MANIFEST.json"))

    process = start(tmp_path, 0.0)
    output, _ = process.communicate()
    assert int(output) == 12 - len(kept)
    assert saved_keys(tmp_path) == {f"r{i}" for i in range(12)}
    started = (tmp_path / "log").read_text().splitlines()
    assert all(started.count(f"start {key}") == 1 for key in kept)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_saves_what_still_arrives_but_no_victims(
    tmp_path: Path, number: signal.Signals
) -> None:
    """What `stop` kills comes back as an infrastructure failure, which is not saved and so is owed again."""
    process = start(tmp_path, 0.3)
    wait_for(lambda: len(saved_keys(tmp_path)) >= 2)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in errors
    assert (tmp_path / "stopped").exists()
    log = (tmp_path / "log").read_text().splitlines()
    started = sum(line.startswith("start") for line in log)
    assert started < 12, "nothing new starts after an interrupt"
    records = [json.loads(path.read_text()) for path in (tmp_path / "out").glob("*/r*.json")]
    assert records
    assert not any(record["infrastructure_failures"] for record in records)


FULL_DISK = """
mount -t tmpfs -o size=256k none "$1"
exec "$2" -c '
import sys
from pathlib import Path
from repodojo.datasets.plan import Plan
from repodojo.datasets.resumable_partitions import ResumablePartitionedDataset
folder = Path(sys.argv[1])
ballast = folder / "ballast"
ballast.write_bytes(bytes(160_000))
plan = Plan({f"r{i}": (lambda: {"text": "x" * 9_000}) for i in range(16)}, {})
dataset = ResumablePartitionedDataset(path=str(folder / "out"))
try:
    dataset.save(plan)
except Exception as error:
    print(type(error).__name__, error)
kept = {path.name: path.stat().st_mtime_ns for path in folder.glob("out/*/r*.json")}
print(len(kept), len(list(folder.glob("out/*/.*"))))
ballast.unlink()
dataset.save(plan)
again = {path.name: path.stat().st_mtime_ns for path in folder.glob("out/*/r*.json")}
print(len(dataset.load()), all(again[name] == time for name, time in kept.items()))
' "$1"
"""


def test_a_full_disk_is_one_error_and_costs_nothing_that_was_saved(tmp_path: Path) -> None:
    command = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no user namespaces")
    run = subprocess.run(
        [*command, "bash", "-c", FULL_DISK, "bash", str(tmp_path), sys.executable],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    error, kept, end = run.stdout.splitlines()
    assert error.startswith("IncompleteDatasetError cannot write to ")
    assert "No space left on device" in error
    count, leftovers = map(int, kept.split())
    assert 0 < count < 16
    assert leftovers == 0
    assert end == "16 True"


def test_keys_that_cannot_be_files_are_refused_before_any_work(tmp_path: Path) -> None:
    counts: dict[str, int] = {}
    with pytest.raises(InputError, match="cannot be file names"):
        ResumablePartitionedDataset(path=str(tmp_path)).save(plan_of(counts, ["_a", "b", ""]))
    assert counts == {}


@given(
    st.dictionaries(st.text(min_size=1, max_size=16).filter(lambda k: k[0] != "_"), st.integers(), max_size=8)
)
def test_any_text_is_a_key(tmp_path_factory: pytest.TempPathFactory, results: dict[str, int]) -> None:
    dataset = ResumablePartitionedDataset(path=str(tmp_path_factory.mktemp("keys")))
    dataset.save(Plan({key: partial(int, value) for key, value in results.items()}, {}))
    assert dataset.load() == results


def test_what_produced_a_run_stands_in_its_folder(tmp_path: Path) -> None:
    dataset = ResumablePartitionedDataset(path=str(tmp_path))
    dataset.asked_for(Configuration("c", "sample", {"sampling": {"k": 4}}, {}, "abc123+", {"python": "3.11"}))
    dataset.save(plan_of({}, "a", {"seed": 7}))
    (note,) = tmp_path.glob("*/_RUN.json")
    told = json.loads(note.read_text())
    assert told["fingerprint"] == {"seed": 7}
    assert told["node"] == "sample"
    assert told["parameters"] == {"sampling": {"k": 4}}
    assert told["commit"] == "abc123+"
    assert note.parent.name == digest({"seed": 7})


def test_a_manifest_never_stands_beside_missing_results(tmp_path: Path) -> None:
    """A retry that is killed must not leave the manifest of the run before it."""
    dataset = ResumablePartitionedDataset(path=str(tmp_path))
    dataset.save(plan_of({}, "ab"))
    (folder,) = (path.parent for path in tmp_path.glob("*/_MANIFEST.json"))
    (folder / "a.json").unlink()
    with pytest.raises(DatasetError):
        dataset.save(plan_of({}, "ab", a=KeyError("x")))
    assert Run(folder, dataset._codec).keys() is None


def test_a_truncated_result_is_missing(tmp_path: Path) -> None:
    """``--only-missing-outputs`` used to take half a file for a result."""
    counts: dict[str, int] = {}
    dataset = ResumablePartitionedDataset(path=str(tmp_path))
    dataset.save(plan_of(counts, "ab"))
    assert dataset.exists()
    (cut,) = tmp_path.glob("*/a.json")
    cut.write_bytes(cut.read_bytes()[:-3])
    assert not dataset.exists()
    dataset.save(plan_of(counts, "ab"))
    assert dataset.exists()
    assert counts == {"a": 2, "b": 1}


def test_what_another_run_made_of_the_same_part_is_taken_and_nothing_else(tmp_path):
    counts: dict[str, int] = {}

    def save(keys, fingerprint, **results):
        dataset = ResumablePartitionedDataset(path=str(tmp_path), summarise=f"{__name__}.summarise")
        plan = plan_of(counts, keys, {"keys": fingerprint}, **results)
        parts = {key: "new" if key.isupper() and fingerprint == "second" else "same" for key in keys}
        dataset.save(replace(plan, parts=parts, shareable=lambda record: "cut" not in record))
        return dataset.saved.executed, dataset.saved.path

    good, failed, cut = {"failed": False}, {"failed": True}, {"failed": False, "cut": True}
    _, first = save("abcCe", "first", a=good, b=good, c=failed, C=good, e=cut)
    (first / "b.json").write_text('{"failed":')
    executed, second = save("abcCde", "second", a=failed, b=good, c=good, C=good, d=good, e=good)
    assert executed == 5
    assert counts == {"a": 1, "b": 2, "c": 2, "C": 2, "d": 1, "e": 2}
    assert json.loads((second / "a.json").read_text()) == good
    assert save("abcCde", "second")[0] == 0
    (first / "_PARTS.json").write_text('{"a": ' + "9" * 5000 + "}")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "_PARTS.json").mkdir()
    assert save("ab", "third", a=good, b=good)[0] == 0


def test_a_key_without_a_part_is_made_by_each_fingerprint(tmp_path):
    counts: dict[str, int] = {}
    for seed in range(2):
        ResumablePartitionedDataset(path=str(tmp_path)).save(plan_of(counts, "a", {"seed": seed}))
    assert counts == {"a": 2}
