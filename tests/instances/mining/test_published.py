"""Published rows by clone: none is lost, each has a date."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from repodojo.environments.recipes.candidates import choose_pythons
from repodojo.environments.recipes.declarations import Declarations
from repodojo.environments.recipes.project_files import ProjectFile
from repodojo.instances.mining.clones import Clones, find_clones, find_published, list_published
from repodojo.instances.mining.funnel import count, rejected_rows
from repodojo.instances.mining.rows import read_clone_rows, wanted_of, without_clone
from repodojo.instances.mining.settings import MiningSettings
from repodojo.instances.sources.files import write_rows
from repodojo.instances.sources.harbor_tasks import write_harbor_tasks
from repodojo.instances.sources.row import Found, Rejection, SourceRow
from repodojo.instances.sources.swebench_tasks import write_task_repository

SETTINGS = MiningSettings(source="rows")
CODE = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-A = 1\n+A = 2\n"
TESTS = """diff --git a/test_a.py b/test_a.py
new file mode 100644
--- /dev/null
+++ b/test_a.py
@@ -0,0 +1,4 @@
+from a import A
+
+def test_a():
+    assert A == 2
"""


@pytest.fixture
def cloned(new_repository, tmp_path):
    """A folder with a clone of o/r, and a row of its only commit."""
    repository = new_repository(tmp_path / "clones" / "r")
    base = repository.commit("Start", {"a.py": "A = 1\n"})
    repository.git("remote", "add", "origin", "https://github.com/o/r.git")
    return tmp_path / "clones", SourceRow("o__r-1", "o/r", base, CODE, TESTS, "It breaks.")


def read(folder: Path, published: Found):
    clones = Clones(tuple(find_clones(folder)), (), published)
    found = {each.slug: read_clone_rows(each, SETTINGS, published) for each in clones.repositories}
    return found | without_clone(clones, SETTINGS)


def test_malformed_rows_of_no_clone_used_to_be_lost(cloned):
    """Those whose id names no repository, or one without a clone, were in no list."""
    folder, row = cloned
    ids = ["o__r-7", "no__clone-8", "", "../../x__y-9", "_x__y-1", "no dash"]
    rejected = [Rejection(f"rows.jsonl, row {n}", "field 'repo': bad", name) for n, name in enumerate(ids)]
    found = read(folder, Found([row, replace(row, repo="_x/y", instance_id="x__y-2")], rejected))
    assert {slug: len(each.rejected) for slug, each in found.items()} == {
        "o__r": 1, "no__clone": 1, "unknown": 5,
    }  # fmt: skip
    listed = rejected_rows(found.values(), [])
    assert {each["where"] for each in listed} >= {each.where for each in rejected}
    assert found["no__clone"].repo == "no/clone"
    assert count(found.values(), [], [])[-1]["found"] == 8


def test_rows_without_a_date_used_to_end_the_run(cloned):
    """So did times with a zone beside some without."""
    folder, row = cloned
    dates = {1: "", 2: "2023-01-01T00:02:00Z", 3: "2023-01-01 00:03:00", 4: "yesterday"}
    rows = [replace(row, instance_id=f"o__r-{n}", created_at=text) for n, text in dates.items()]
    lost = replace(row, instance_id="o__r-5", base_commit="0" * 40)
    (found,) = read(folder, Found([*rows, lost], [])).values()
    assert [each.instance_id for each in found.rows] == ["o__r-3", "o__r-2", "o__r-1"]
    assert found.rows[-1].created_at == "2023-01-01T00:01:00+00:00"
    assert [each["candidate_id"] for each in found.rejected] == ["o__r-4", "o__r-5"]
    assert found.rejected[0]["reason"].startswith("no_date: field 'created_at': expected a time in ISO 8601")


def test_a_row_that_writes_its_repository_in_other_letters_used_to_end_the_run(cloned):
    """The clone of its environment was looked up by the row's spelling: a KeyError."""
    folder, row = cloned
    (found,) = read(folder, Found([replace(row, repo="O/R")], [])).values()
    assert [each.repo for each in found.rows] == ["o/r"]
    assert [each["repo"] for each in found.wanted] == ["o/r"]


@pytest.mark.parametrize("date", ["2023-01-01T00:00:00", "2023-01-01 00:00", "2023-01-01", "20230101", ""])
def test_a_time_without_a_zone_used_to_end_the_run(cloned, date):
    """A Python's release was compared with it: a TypeError."""
    folder, row = cloned
    (found,) = read(folder, Found([replace(row, created_at=date)], [])).values()
    wanted = wanted_of(found.wanted[0])
    assert wanted.date.utcoffset() == timedelta(0)
    assert choose_pythons(Declarations(ProjectFile()), wanted.date, ["3.11", "3.12"]) == ["3.11"]


EDGES = [
    "9999-12-31T00:00:00Z", "9999-12-31T23:00:00-23:00", "0001-01-01T00:00:00+23:59", "0001-01-01",
    "1970-01-01",
]  # fmt: skip


def test_a_date_at_the_edge_of_what_can_be_computed_used_to_end_the_run(cloned):
    """The end of its day was beyond what a time holds: an OverflowError."""
    folder, row = cloned
    rows = [replace(row, instance_id=f"o__r-{n}", created_at=date) for n, date in enumerate(EDGES)]
    (found,) = read(folder, Found([row, *rows], [])).values()
    assert [each.instance_id for each in found.rows] == ["o__r-1"]
    assert [each["reason"] for each in found.rejected] == [
        f"no_date: field 'created_at': expected a time in ISO 8601, of the years 1990 to 2100, found {date!r}"
        for date in EDGES
    ]


@pytest.mark.parametrize("seconds", [253402300799, 253402300800, 0])
def test_a_commit_of_an_impossible_date_used_to_end_the_run(new_repository, tmp_path, seconds):
    repository = new_repository(tmp_path / "clones" / "r")
    repository.commit("Start", {"a.py": "A = 1\n"})
    change = {"a.py": "A = 2\n", "test_a.py": "from a import A\n\ndef test_a():\n    assert A == 2\n"}
    repository.commit("It returns the wrong number", change)
    text = re.sub(r"> \d+ ", f"> {seconds} ", repository.git("cat-file", "commit", "HEAD"))
    (tmp_path / "commit").write_text(text)
    commit = repository.git("hash-object", "-t", "commit", "-w", str(tmp_path / "commit"))
    repository.git("update-ref", "HEAD", commit)
    (clone,) = find_clones(tmp_path / "clones")
    found = read_clone_rows(clone, MiningSettings(source="history"))
    assert [each["reason"].partition(": ")[0] for each in found.rejected] == ["no_date"]


def test_task_folders_beside_the_clones_are_read(cloned):
    folder, row = cloned
    rows = [replace(row, instance_id=f"o__r-{n}") for n in (1, 2, 3)]
    write_rows(rows[:1], folder / "rows.csv")
    write_harbor_tasks(rows[1:2], folder / "harbor")
    write_task_repository(rows[2:], folder / "swebench", "o/set")
    (folder / "notes").mkdir()
    assert [path.name for path in list_published(folder)] == ["harbor", "rows.csv", "swebench"]
    found = find_published(folder)
    assert {each.instance_id for each in found.rows} == {"o__r-1", "o__r-2", "o__r-3"}
    assert {each.instance_id for each in read(folder, found)["o__r"].rows} == {"o__r-1", "o__r-2", "o__r-3"}


def test_a_clone_that_holds_tasks_stays_a_clone(cloned):
    folder, row = cloned
    write_harbor_tasks([row], folder / "r" / "tasks")
    write_task_repository([row], folder / "r", "o/set")
    assert list_published(folder) == []
