import json
from pathlib import Path

from repodojo.tracking.timings import Timings


def test_finding_everything_done_keeps_the_time_of_the_work(tmp_path: Path) -> None:
    file = tmp_path / "timings.json"
    first = Timings(file)
    first.record("sample", "sampling", 100.0, "results-1", worked=True)
    first.record("grade", "sampling", 20.0, "results-2", worked=True)
    first.write()
    second = Timings(file)
    second.record("sample", "sampling", 0.5, "results-1", worked=False)
    second.write()
    told = json.loads(file.read_text())
    assert told["pipelines"] == {"sampling": {"last_s": 20.5, "work_s": 120.0}}


def test_going_on_after_a_kill_adds_and_other_results_start_anew(tmp_path: Path) -> None:
    timings = Timings(tmp_path / "timings.json")
    timings.record("sample", "sampling", 60.0, "a", worked=True)
    timings.record("sample", "sampling", 40.0, "a", worked=True)
    assert timings.pipelines()["sampling"] == {"last_s": 40.0, "work_s": 100.0}
    timings.record("sample", "sampling", 30.0, "b", worked=True)
    assert timings.pipelines()["sampling"] == {"last_s": 30.0, "work_s": 30.0}


def test_a_torn_file_is_started_anew(tmp_path: Path) -> None:
    (tmp_path / "timings.json").write_text("{")
    assert Timings(tmp_path / "timings.json").nodes == {}
