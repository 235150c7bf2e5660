"""What makes a base image ready: a script that runs in it."""

import shutil
import subprocess
import sys

import pytest

from repodojo.environments.docker_context import READY

APT = 'echo "$@" >>"$0.log"; [ "$1" = update ] || ln -s /bin/true "$(dirname "$0")/git"'


def add_program(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def make_ready(folder, *programs, apt=""):
    """Run the script where only some programs of this machine are found; returns its status and output."""
    for program in (*programs, "rm", "ln", "dirname"):
        path = sys.executable if program == "python3" else shutil.which(program)
        add_program(folder, program, f'exec {path} "$@"')
    if apt:
        add_program(folder, "apt-get", apt)
    command = ["/bin/sh", "-c", READY.replace("/var/lib/apt/lists", str(folder / "lists"))]
    done = subprocess.run(command, env={"PATH": str(folder)}, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_a_whole_image_is_left_as_it_is(tmp_path):
    assert make_ready(tmp_path / "bin", "bash", "python3", "git", apt=APT) == (0, "")
    assert not (tmp_path / "bin" / "apt-get.log").exists()


def test_git_alone_is_added(tmp_path):
    assert make_ready(tmp_path / "bin", "bash", "python3", apt=APT)[0] == 0
    asked = (tmp_path / "bin" / "apt-get.log").read_text()
    assert asked == "update\ninstall --yes --no-install-recommends git\n"


@pytest.mark.parametrize(
    ("programs", "apt", "told"),
    [
        ((), APT, "it has no bash\n"),
        (("bash",), APT, "it has no python3\n"),
        (("bash", "python3"), "", "it has no git, and no apt-get to add it\n"),
        (("bash", "python3"), "echo no network; exit 100", "no network\n"),
    ],
)
def test_what_an_image_lacks_is_named(tmp_path, programs, apt, told):
    status, output = make_ready(tmp_path / "bin", *programs, apt=apt)
    assert (status != 0, output) == (True, told)


def test_a_python_that_is_too_old_is_named(tmp_path):
    add_program(tmp_path / "bin", "python3", "exit 1")
    assert make_ready(tmp_path / "bin", "bash", "git") == (1, "its Python is too old\n")
