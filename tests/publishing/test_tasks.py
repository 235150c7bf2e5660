"""Exported instances: read back as they were written, and their tasks run and are graded as they say."""

import io
import os
import re
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from tests.grading import tiny_project

from repodojo.datasets.folders import FolderOfFilesDataset
from repodojo.environments.surroundings import Surroundings, write_surroundings
from repodojo.environments.workshop import Workshop
from repodojo.instances.sources.files import SUFFIXES, read_rows
from repodojo.instances.sources.harbor_tasks import read_harbor_tasks
from repodojo.instances.sources.swebench_tasks import read_task_repository
from repodojo.publishing.archive import pack, stack
from repodojo.publishing.tasks import export_row, exported_files


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return tiny_project.build(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def exported(project, tmp_path_factory):
    files, rejected = exported_files([project.instance], lambda _: project.spec, "some-instances")
    assert rejected == []
    folder = tmp_path_factory.mktemp("exported") / "export"
    FolderOfFilesDataset(filepath=str(folder)).save(files)
    return folder


def test_every_format_gives_the_instance_back(exported, project):
    row = export_row(project.instance, project.spec)
    for suffix in SUFFIXES:
        assert read_rows(exported / f"rows/instances{suffix}") == ([row], []), suffix
    (harbor,), rejected = read_harbor_tasks(exported / "harbor")
    (task,), _ = read_task_repository(exported / "swebench")
    assert not rejected
    for found in (harbor, task):
        assert replace(found, extra=row.extra) == row
        assert row.extra.items() <= found.extra.items()


def run_task(exported: Path, root: Path, *, solved: bool) -> str:
    """Run a Harbor task's own scripts where nothing is called as in a container; returns the reward."""
    task = exported / "harbor" / "acme__calc-clamp"
    with tarfile.open(task / "environment" / "repository.tar.gz") as tar:
        tar.extractall(root / "testbed", filter="data")
    places = {f"/{name}": str(root / name) for name in ("testbed", "solution", "tests", "logs")}
    for folder in ("solution", "tests"):
        for path in (task / folder).iterdir():
            text = path.read_text()
            for place, here in places.items():
                text = text.replace(f" {place}", f" {here}")
            (root / folder).mkdir(parents=True, exist_ok=True)
            (root / folder / path.name).write_text(text)
    bin_first = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": bin_first, "PYTHONPATH": str(root / "testbed"), "HOME": str(root)}
    for script in [*(["solution/solve.sh"] if solved else []), "tests/test.sh"]:
        command = ["bash", str(root / script)]
        subprocess.run(command, env=environment, check=True, capture_output=True, cwd=root / "testbed")
    return (root / "logs/verifier/reward.txt").read_text().strip()


def test_a_harbor_task_rewards_the_repair_and_nothing_else(exported, tmp_path):
    assert run_task(exported, tmp_path / "solved", solved=True) == "1"
    assert run_task(exported, tmp_path / "untouched", solved=False) == "0"
    for script in ("solution/solve.sh", "tests/test.sh"):
        assert os.access(exported / "harbor" / "acme__calc-clamp" / script, os.X_OK)


def test_an_image_holds_the_base_commit_and_the_pinned_packages(exported, project):
    context = exported / "harbor" / "acme__calc-clamp" / "environment"
    with tarfile.open(context / "repository.tar.gz") as tar:
        buggy = tar.extractfile("calc/__init__.py").read().decode()
        names = tar.getnames()
    assert buggy == tiny_project.SOURCE.replace(*tiny_project.BUG)
    assert ".git/HEAD" in names
    pins = (context / "requirements.txt").read_text().splitlines()
    assert f"pytest=={pytest.__version__}" in pins
    lines = (context / "Dockerfile").read_text().splitlines()
    assert lines[0] == f"FROM python:{sys.version.split()[0]}"
    assert 'ENV PYTHONPATH="/testbed"' in lines
    assert 'ENV PYTHONHASHSEED="0"' in lines
    copied = {line.split()[1] for line in lines if line.startswith(("ADD ", "COPY "))}
    assert copied == {path.name for path in context.iterdir()} - {"Dockerfile"}


def test_what_surrounds_an_environment_is_in_its_image(project, tmp_path):
    made = tiny_project.build(tmp_path)
    around = Surroundings(("libfoo1",), {"URL": 'a"$b\\'}, "pytest", ("-m", "not network"))
    write_surroundings(around, made.environments / "calc-1.0")
    row = export_row(
        made.instance, Workshop(None, made.environments, tmp_path / "layers").spec(made.instance)
    )
    assert "--no-install-recommends libfoo1 " in row.extra["dockerfile"]
    assert 'ENV URL="a\\"\\$b\\\\"' in row.extra["dockerfile"].splitlines()
    assert "-m 'not network' tests/test_clamp.py" in row.extra["eval_script"]


def test_an_instance_that_these_graders_would_judge_otherwise_is_listed(project):
    catalog = tiny_project.new_file("calc/locale/fr_FR/LC_MESSAGES/calc.po", 'msgid "a"\nmsgstr "b"\n')
    edits = replace(project.instance, instance_id="acme__calc-po", patch=project.instance.patch + catalog)
    specs = {edits.instance_id: project.spec, "acme__calc-clamp": replace(project.spec, test_runner="django")}
    files, rejected = exported_files(
        [project.instance, edits], lambda instance: specs[instance.instance_id], "some-instances"
    )
    reasons = {each["instance_id"]: each["reason"].split(":")[0] for each in rejected}
    assert reasons == {"acme__calc-clamp": "runner", "acme__calc-po": "catalog"}
    assert not any(path.startswith("harbor/") for path in files)


def test_what_no_format_or_image_can_hold_is_listed_and_the_rest_exported(project):
    lone = replace(project.instance, instance_id="acme__calc-lone", FAIL_TO_PASS=("tests/a.py::t[\udcff]",))
    lines = replace(project.instance, instance_id="acme__calc-lines")
    other = replace(project.spec, environment={**project.spec.environment, "A": "1\nRUN echo"})
    files, rejected = exported_files(
        [project.instance, lone, lines], lambda each: other if each is lines else project.spec, "some"
    )
    assert [each["reason"].split(":")[0] for each in rejected] == ["text", "variable"]
    assert any(path.startswith("harbor/acme__calc-clamp/") for path in files)


@pytest.mark.parametrize("instance_id", ["a+b__r-1", "o__My-Repo_-12", "o___r.-1"])
def test_an_image_has_a_name_that_engines_take(project, instance_id):
    row = export_row(replace(project.instance, instance_id=instance_id), project.spec)
    assert re.fullmatch(r"[a-z0-9]+(?:[._-][a-z0-9]+)*:latest", row.extra["image"])
    other = export_row(replace(project.instance, instance_id=instance_id.upper()), project.spec)
    assert row.extra["image"] != other.extra["image"]


def test_a_test_file_is_no_option(project):
    row = export_row(replace(project.instance, test_files=("-x_test.py",)), project.spec)
    assert " ./-x_test.py" in row.extra["eval_script"]


def test_no_empty_folder_tells_of_a_hidden_test(tmp_path):
    tiny_project.write_tree(
        tmp_path / "low", {"tests/hidden/deep/test_x.py": "", "tests/a.py": "", "only/y": ""}
    )
    (tmp_path / "top/tests/hidden/deep").mkdir(parents=True)
    os.mknod(tmp_path / "top/tests/hidden/deep/test_x.py", 0o600 | 0o020000, os.makedev(0, 0))
    assert sorted(stack([tmp_path / "top", tmp_path / "low"])) == ["only", "only/y", "tests", "tests/a.py"]


def test_an_archive_is_the_same_bytes_each_time_and_holds_what_the_topmost_folder_says(tmp_path):
    tiny_project.write_tree(tmp_path / "low", {"a/x": "low", "a/y": "low", "b": "low", "c/z": "low", "d": ""})
    tiny_project.write_tree(tmp_path / "top", {"a/x": "top", "b/in": "top", "c": "top"})
    os.mknod(tmp_path / "top" / "d", 0o600 | 0o020000, os.makedev(0, 0))
    (tmp_path / "top" / "link").symlink_to("a/x")
    found = stack([tmp_path / "top", tmp_path / "low"])
    assert sorted(found) == ["a", "a/x", "a/y", "b", "b/in", "c", "link"]
    first = pack(found)
    os.utime(tmp_path / "top" / "c", (1, 1))
    assert pack(found) == first
    with tarfile.open(fileobj=io.BytesIO(first)) as tar:
        assert tar.extractfile("a/x").read() == b"top"
        assert tar.getmember("link").linkname == "a/x"
