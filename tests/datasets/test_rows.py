"""Rows as a catalog entry, and as an option of the clones'."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from kedro.io import DatasetError
from tests.instances.sources.github_server import SHA, record_pulls, serve
from tests.instances.sources.hub_server import REVISION, serve_hub

from repodojo.datasets.clones import ClonesDataset
from repodojo.datasets.rows import RowsDataset
from repodojo.instances.sources.files import write_rows
from repodojo.instances.sources.harbor_tasks import write_harbor_tasks
from repodojo.instances.sources.row import SourceRow
from repodojo.instances.sources.swebench_tasks import write_task_repository

PATCH = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-o\n+n\n"
ROW = SourceRow("o__r-11", "o/r", SHA, PATCH, PATCH.replace("a.py", "tests/test_a.py"), "It breaks.")
CHILD = """
import json, logging, sys
from repodojo.datasets.clones import ClonesDataset
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
dataset = ClonesDataset(**json.loads(sys.argv[1]))
before = dataset.identity()
dataset.check()
found = dataset.load().published
print(json.dumps([[row.instance_id for row in found.rows], found.rejected, before == dataset.identity()]))
"""


def rows(*numbers):
    return [replace(ROW, instance_id=f"o__r-{number}") for number in numbers]


def entry(*sources, **more):
    return RowsDataset(sources=sources, **more)


def test_no_source_is_no_row_and_no_part_of_what_results_depend_on():
    dataset = entry()
    dataset.check()
    assert (dataset.load(), dataset.identity()) == ([], None)


def test_rows_of_files_and_folders_load_and_the_malformed_are_told(tmp_path, caplog):
    write_rows(rows(11), tmp_path / "a.jsonl")
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write('{"instance_id": "o__r-3"}\n[]\n')
    write_harbor_tasks(rows(12), tmp_path / "harbor")
    dataset = entry(*({"path": str(tmp_path / name)} for name in ("a.jsonl", "harbor")))
    with caplog.at_level("INFO"):
        assert dataset.load() == rows(11, 12)
    assert "a.jsonl: 1 rows, 2 rejected" in caplog.text
    assert "2 rows rejected; first " in caplog.text
    assert "a.jsonl, row 2: " in caplog.text
    assert "field 'repo': expected a text that is not empty, found nothing" in caplog.text


def test_what_rows_are_is_told_by_their_content_and_by_what_is_asked(tmp_path):
    write_rows(rows(11), tmp_path / "a.jsonl")
    (tmp_path / "b.jsonl").write_bytes((tmp_path / "a.jsonl").read_bytes())
    one, same = (entry({"path": str(tmp_path / name)}).identity() for name in ("a.jsonl", "b.jsonl"))
    assert one == same
    write_rows(rows(12), tmp_path / "b.jsonl")
    assert entry({"path": str(tmp_path / "b.jsonl")}).identity() != one
    asked = [{"hub": "swe-gym", "revision": digit * 40} for digit in "01"]
    asked += [
        {"github": "o/r"},
        {"github": "o/r", "before": "2023-01-01"},
        {"github": "o/r", "links": "every"},
    ]
    identities = [entry(each, cache=str(tmp_path / "none")).identity() for each in asked]
    assert len({json.dumps(each) for each in identities}) == len(asked)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"hub": "swe-gym", "revision": REVISION}, "field 'cache': expected a folder for what is fetched"),
        ({"file": "a"}, "rows in the catalog, source 1: expected an object with one of path, hub, github"),
    ],
)
def test_a_malformed_entry_is_refused_when_it_is_made(source, said):
    with pytest.raises(DatasetError, match=said):
        entry(source)


def test_a_set_that_is_not_there_is_one_clear_error_before_work_starts(tmp_path):
    dataset = entry({"path": str(tmp_path / "gone.jsonl")})
    assert dataset.identity() == [{"digest": "missing"}]
    with pytest.raises(DatasetError, match=r"gone.jsonl: expected a file that ends in .*, found nothing"):
        dataset.check()


@pytest.mark.parametrize("name", ["pipe", "pipe.jsonl", "link.jsonl", "/dev/zero", "/dev/null", "a" * 5000])
def test_a_pipe_or_a_device_used_to_be_read_without_end(tmp_path, name):
    """Every command hung on it; a name too long for a file ended in a traceback."""
    for pipe in ("pipe", "pipe.jsonl"):
        os.mkfifo(tmp_path / pipe)
    (tmp_path / "link.jsonl").symlink_to("/dev/zero")
    dataset = entry({"path": str(tmp_path / name)})
    assert dataset.identity() == [{"digest": "missing"}]
    with pytest.raises(DatasetError, match=r"expected a file that ends|cannot be read: File name too long"):
        dataset.check()


@pytest.mark.parametrize("source", [{"github": "o/r"}, {"hub": "swe-gym", "revision": REVISION}])
@pytest.mark.parametrize("place", ["file", "file/cache", "/proc/none"])
def test_a_cache_that_cannot_be_made_used_to_end_in_a_traceback(tmp_path, source, place):
    """Or it was found out after all was fetched."""
    (tmp_path / "file").touch()
    dataset = entry(source, cache=str(tmp_path / place))
    with pytest.raises(DatasetError, match="field 'cache': expected a folder that can be made and written"):
        dataset.check()


def test_rows_of_each_kind_arrive_beside_the_clones_and_the_malformed_are_listed(new_repository, tmp_path):
    """Only files of rows used to be reached. In a process of its own: the hub's library is set at import."""
    folder = tmp_path / "clones"
    repository = new_repository(folder / "r")
    repository.commit("Start", {"a.py": "o\n"})
    write_harbor_tasks(rows(12), folder / "harbor")
    (folder / "harbor" / "o__r-13").mkdir()
    (folder / "harbor" / "o__r-13" / "task.toml").touch()
    write_task_repository(rows(14), folder / "swebench", "o/set")
    write_rows(rows(11), folder / "rows.csv")
    write_rows(rows(15, 11), tmp_path / "hub" / "data" / "test-0.parquet")
    write_rows(rows(16), tmp_path / "more.json")
    recorded = record_pulls()
    server = serve(recorded)
    with serve_hub(tmp_path / "hub") as (hub, _):
        sources = [
            {"path": str(tmp_path / "more.json")},
            {"hub": "o/set", "split": "test", "revision": REVISION},
            {"github": "o/r", "api": recorded.url},
        ]
        given = {
            "path": str(folder),
            "recipes": str(tmp_path),
            "cache": str(tmp_path / "cache"),
            "rows": sources,
        }
        env = {**os.environ, "HF_HUB_OFFLINE": "0", "HF_ENDPOINT": hub, "NO_PROXY": "127.0.0.1"}
        env["PYTHONPATH"] = os.pathsep.join(sys.path)
        command = [sys.executable, "-c", CHILD, json.dumps(given)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    server.shutdown()
    server.server_close()
    assert done.returncode == 0, done.stderr
    found, rejected, same_identity = json.loads(done.stdout)
    assert found == [f"o__r-{number}" for number in (12, 11, 14, 16, 15, 1, 5)]
    assert same_identity
    reasons = {where.rpartition("/")[2]: reason.split(": ")[0] for where, reason, _ in rejected}
    assert reasons.pop("o__r-13").endswith("harbor/o__r-13")
    assert reasons == {
        f"r@{SHA}": "duplicate", "r#2": "not_merged", "r#3": "no_issue", "r#4": "no_tests", "r#6": "no_text",
    }  # fmt: skip
    assert "passed over" not in done.stderr
    assert "o/r: reading its pull requests at http://127.0.0.1" in done.stderr


def test_clones_without_more_rows_are_what_they_were(new_repository, tmp_path):
    repository = new_repository(tmp_path / "clones" / "r")
    repository.commit("Start", {"a.py": "o\n"})
    given = {"path": str(tmp_path / "clones"), "recipes": str(tmp_path)}
    alone, none = ClonesDataset(**given), ClonesDataset(**given, rows=[], cache=str(tmp_path / "cache"))
    assert alone.identity() == none.identity()
    assert set(alone.identity()) == {"heads", "rows", "recipes", "pythons", "packages"}
