import os
import subprocess
import sys

import pytest

from repodojo.errors import InputError
from repodojo.instances.sources.files import write_rows
from repodojo.instances.sources.hub import PUBLISHED_SETS, HubSet, files_of_split, read_hub
from repodojo.instances.sources.row import SourceRow

from .hub_server import REVISION, serve_hub

PATCH = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-old\n+new\n"
ROWS = [SourceRow(f"o__r-{number}", "o/r", "0" * 40, PATCH, PATCH, "It breaks.") for number in (1, 2)]
CHILD = """
import sys
from pathlib import Path
from repodojo.instances.sources.hub import HubSet, read_hub
found = read_hub(HubSet("o/set", "test"), sys.argv[1], Path(sys.argv[2]), sys.argv[3])
print([row.instance_id for row in found.rows], found.rejected)
"""


@pytest.fixture
def hub(tmp_path):
    names = ["data/test-00000-of-00002.parquet", "data/test-00001-of-00002.parquet", "data/train-0.parquet"]
    for name, row in zip(names, [*ROWS, ROWS[0]], strict=True):
        write_rows([row], tmp_path / "hub" / name)
    with serve_hub(tmp_path / "hub") as served:
        yield served


def child(cache, url, offline="0"):
    """The library reads at import whether it may use the network, so each try is a process of its own."""
    env = {**os.environ, "HF_HUB_OFFLINE": offline, "HF_HUB_DISABLE_TELEMETRY": "1", "NO_PROXY": "127.0.0.1"}
    env["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", CHILD, REVISION, str(cache), url]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_a_split_is_fetched_once_and_read_offline_after(hub, tmp_path):
    url, asked = hub
    first = child(tmp_path / "cache", url)
    assert first.stdout == "['o__r-1', 'o__r-2'] []\n", first.stderr
    assert not [path for path in asked if "train" in path]
    before = len(asked)
    assert child(tmp_path / "cache", url, offline="1").stdout == first.stdout
    assert len(asked) == before


def test_a_hub_out_of_reach_is_an_error_that_says_which(tmp_path):
    done = child(tmp_path / "cache", "http://127.0.0.1:1", offline="1")
    assert f"SourceError: o/set@{REVISION}: the hub cannot be read" in done.stderr


@pytest.mark.parametrize("revision", ["main", "0123456", ""])
def test_a_revision_must_be_pinned(tmp_path, revision):
    with pytest.raises(InputError, match="expected a revision of 40 hexadecimal digits"):
        read_hub(HubSet("o/set", "test"), revision, tmp_path)


def test_files_belong_to_a_split_by_name():
    names = ["data/test-00000-of-00001.parquet", "test.jsonl", "data/latest.csv", "README.md", "tests.json"]
    assert files_of_split(names, "test") == ["data/test-00000-of-00001.parquet", "test.jsonl"]


def test_the_published_sets_are_known():
    assert len(PUBLISHED_SETS) == 7
    assert {each.split for each in PUBLISHED_SETS.values()} == {"train", "test"}
