import json
import os
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from repodojo.errors import InputError
from repodojo.instances.sources.folders import File, read_folder, write_folder
from repodojo.instances.sources.harbor_tasks import read_harbor_tasks, write_harbor_tasks
from repodojo.instances.sources.row import SourceRow, to_columns
from repodojo.instances.sources.swebench_tasks import read_task_repository, write_task_repository

from .drawn import rows

PATCH = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-old\n+new\n"
TEST_PATCH = PATCH.replace("a.py", "tests/test_a.py")
ROW = SourceRow("o__r-1", "o/r", "0" * 40, PATCH, TEST_PATCH, "It breaks.\r\n", FAIL_TO_PASS=("a",))


def write_both(drawn, folder: Path):
    write_task_repository(drawn, folder / "swebench", "o/set")
    write_harbor_tasks(drawn, folder / "harbor")
    return read_task_repository(folder / "swebench"), read_harbor_tasks(folder / "harbor")


@given(drawn=st.tuples(rows(1), rows(2)))
def test_both_task_folders_give_back_what_they_got(drawn):
    with tempfile.TemporaryDirectory() as folder:
        swebench, harbor = write_both(drawn, Path(folder))
    assert swebench == (list(drawn), [])
    assert harbor == (list(drawn), [])


def test_a_task_repository_has_what_its_checker_demands(tmp_path):
    write_task_repository([ROW], tmp_path, "o/set")
    task = tmp_path / "tasks" / "o__r-1"
    meta = yaml.safe_load((task / "task.yaml").read_text())
    demanded = {"instance_id", "repo", "version", "base_commit", "split", "image", "log_parser", "eval_type"}
    assert demanded <= meta.keys()
    assert meta["image"] == "swebench/sweb.eval.x86_64.o_1776_r-1:latest"
    assert json.loads((task / "tests.json").read_text()) == {"FAIL_TO_PASS": ["a"], "PASS_TO_PASS": []}
    script = (task / "eval.sh").read_text()
    assert ">>>>> Start Test Output" in script
    assert ">>>>> End Test Output" in script
    assert not (task / "hints.md").exists()
    config = yaml.safe_load((tmp_path / "sweb.yaml").read_text())
    assert config == {"datasets": ["o/set"], "splits": ["train"]}


def test_a_foreign_task_keeps_its_script_image_and_assets(tmp_path):
    write_task_repository([ROW], tmp_path / "one", "o/set")
    task = tmp_path / "one" / "tasks" / "o__r-1"
    (task / "test_assets").mkdir()
    (task / "test_assets" / "x.png").write_bytes(b"\x89PNG")
    (task / "eval.sh").write_text("#!/bin/bash\necho own\n")
    meta = yaml.safe_load((task / "task.yaml").read_text())
    (task / "task.yaml").write_text(yaml.safe_dump({**meta, "repodojo_filled": []}))
    (row,) = read_task_repository(tmp_path / "one").rows
    assert row.extra["eval_script"] == "#!/bin/bash\necho own\n"
    write_task_repository([row], tmp_path / "two", "o/set")
    assert read_folder(task)["test_assets/x.png"] == File(b"\x89PNG")
    assert read_task_repository(tmp_path / "two").rows == [row]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("task.yaml", b"a: [", "expected YAML"),
        ("task.yaml", b"- 1", "expected an object, found list"),
        ("task.yaml", b"a: &x [1]\nb: [*x, *x]", "expected YAML without aliases"),
        ("task.yaml", b"repodojo_filled: 3", "task.yaml: field 'repodojo_filled': expected a list, found 3"),
        ("task.yaml", b"repodojo_filled:", "field 'repodojo_filled': expected a list, found None"),
        ("task.yaml", b"repodojo_kept: 3", "task.yaml: field 'repodojo_kept': expected an object, found int"),
        ("task.yaml", b"repodojo_kept: [a]", "field 'repodojo_kept': expected an object, found list"),
        ("tests.json", b"{", "expected JSON"),
        ("gold.patch", None, "gold.patch: expected the file, found nothing"),
        ("test.patch", b"\xff", "expected UTF-8 text"),
    ],
)
def test_one_malformed_task_harms_no_other(tmp_path, name, content, said):
    write_task_repository([ROW, replace(ROW, instance_id="o__r-2")], tmp_path, "o/set")
    path = tmp_path / "tasks" / "o__r-1" / name
    path.unlink() if content is None else path.write_bytes(
        content if isinstance(content, bytes) else content.encode()
    )
    found = read_task_repository(tmp_path)
    assert [row.instance_id for row in found.rows] == ["o__r-2"]
    assert said in found.rejected[0].reason


def test_a_harbor_task_has_harbors_layout(tmp_path):
    write_harbor_tasks([ROW], tmp_path)
    task = tmp_path / "o__r-1"
    settings = tomllib.loads((task / "task.toml").read_text())
    assert settings["metadata"]["base_commit"] == "0" * 40
    assert (task / "instruction.md").read_bytes() == b"It breaks.\r\n"
    for script in ("solution/solve.sh", "tests/test.sh"):
        assert os.access(task / script, os.X_OK)
    assert (task / "environment" / "Dockerfile").read_text().startswith("FROM ")


def test_a_foreign_harbor_folder_is_written_back_byte_for_byte(tmp_path):
    files = {
        "task.toml": File(b"# theirs\nversion = '1.0'\n"),
        "instruction.md": File(b"# Repair this\n\nIt breaks.\n"),
        "environment/Dockerfile": File(b"FROM some/image\n"),
        "environment/data.bin": File(b"\xff\x00"),
        "solution/solve.sh": File(b"#!/bin/bash\npatch -p1 < x\n", True),
        "tests/test.sh": File(b"exit 0\n", True),
        "tests/config.json": File(json.dumps(to_columns(ROW)).encode()),
    }
    write_folder(tmp_path / "one" / "o__r-1", files)
    (row,) = read_harbor_tasks(tmp_path / "one" / "o__r-1").rows
    assert replace(row, extra={}) == ROW
    write_harbor_tasks([row], tmp_path / "two")
    assert read_folder(tmp_path / "two" / "o__r-1") == files


def test_a_harbor_task_without_a_repository_says_so(tmp_path):
    write_folder(tmp_path / "a", {"task.toml": File(b""), "instruction.md": File(b"Say hello.")})
    assert "tests/config.json: expected the file" in read_harbor_tasks(tmp_path).rejected[0].reason


def test_a_harbor_task_finds_patch_and_issue_beside_its_configuration(tmp_path):
    columns = {"instance_id": "o__r-1", "repo": "o/r", "base_commit": "0" * 40}
    files = {
        "task.toml": File(b""),
        "instruction.md": File(b"It breaks.\r\n"),
        "solution/solution.patch": File(PATCH.encode()),
        "tests/config.json": File(json.dumps(columns).encode()),
    }
    write_folder(tmp_path, files)
    (row,) = read_harbor_tasks(tmp_path).rows
    assert (row.patch, row.problem_statement, row.FAIL_TO_PASS) == (PATCH, "It breaks.\r\n", None)


@pytest.mark.parametrize(("fixed", "reward"), [(True, "1"), (False, "0")])
def test_the_exported_harbor_scripts_grade(repository, tmp_path, fixed, reward):
    """Run where Harbor would, with its folders moved to where a test may write."""
    test = "import a\n\n\ndef test_a():\n    assert a.x == 1\n"
    base = repository.commit("base", {"a.py": "x = 0\n", "tests/test_a.py": "import a\n"})
    repository.commit("fix", {"a.py": "x = 1\n", "tests/test_a.py": test})
    patches = [repository.git("diff", base, "HEAD", "--", path) + "\n" for path in ("a.py", "tests")]
    repository.git("checkout", "--quiet", base)
    row = SourceRow("o__r-1", "o/r", base, *patches, "It breaks.", FAIL_TO_PASS=("tests/test_a.py::test_a",))
    write_harbor_tasks([row], tmp_path)
    task, logs = tmp_path / "o__r-1", tmp_path / "logs"
    moves = {
        "/testbed": str(repository.root),
        "/logs/verifier": str(logs),
        "/solution": str(task / "solution"),
    }
    moves |= {f" /tests/{name}": f" {task}/tests/{name}" for name in ("eval.sh", "grade.py", "config.json")}
    moves |= {f"\n{name} ": f"\n{sys.executable} " for name in ("python", "python3")}
    for path in task.rglob("*.sh"):
        text = path.read_text()
        for old, new in moves.items():
            text = text.replace(old, new)
        path.write_text(text)
    if fixed:
        subprocess.run(["bash", str(task / "solution" / "solve.sh")], check=True, capture_output=True)
    env = {**os.environ, "PYTHONPATH": str(repository.root), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(["bash", str(task / "tests" / "test.sh")], check=True, capture_output=True, env=env)
    assert (logs / "reward.txt").read_text().strip() == reward
    assert "test_a" not in (repository.root / "tests" / "test_a.py").read_text()


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", ""])
def test_a_file_cannot_leave_its_folder(tmp_path, name):
    with pytest.raises(InputError, match="not inside the folder"):
        write_folder(tmp_path, {name: File(b"")})


def test_links_are_refused(tmp_path):
    (tmp_path / "l").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match="links are refused"):
        read_folder(tmp_path)
