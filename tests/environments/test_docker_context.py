"""What makes a base image ready, and adds packages to it: scripts that run in it."""

import io
import json
import shutil
import subprocess
import sys
import tarfile

import pytest

from repodojo.environments.docker_context import PACKAGES, READY, write_packages_context
from repodojo.environments.docker_packages import packages_error
from repodojo.errors import LackingPackagesError

APT = 'echo "$@" >>"$0.log"; [ "$1" = update ] || ln -s /bin/true "$(dirname "$0")/git"'


def add_program(folder, name, text):
    folder.mkdir(parents=True, exist_ok=True)
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


def add_packages(folder, *names, installed=("gettext",), apt="exit 0"):
    """Run the script that adds packages to an image; returns its status and output."""
    for program in ("grep", "rm", "ls", "mkdir", "sed"):
        add_program(folder, program, f'exec {shutil.which(program)} "$@"')
    add_program(folder, "apt-get", f'echo "$@" >>"$0.log"; {apt}')
    known = "|".join(installed)
    answer = 'case "$3" in *Status*) echo installed;; *) echo "$4=1";; esac'
    query = f'case "$4" in {known}) {answer};; *) exit 1;; esac'
    add_program(folder, "dpkg-query", query)
    add_program(folder, "dpkg", f"echo /usr/bin/gettext; echo {folder}/share/a")
    (folder / "etc").mkdir()
    text = PACKAGES
    for place in ("/var/lib/apt/lists", "/usr/share/repodojo", "/etc", "/tmp/before", "/tmp/programs"):
        text = text.replace(place, str(folder / place.rpartition("/")[2]))
    done = subprocess.run(
        ["/bin/sh", "-c", text, "sh", *names],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_packages_are_added_by_name_and_what_they_brought_is_written_down(tmp_path):
    folder = tmp_path / "bin"
    assert add_packages(folder, "gettext", apt=f"/bin/mkdir -p {folder}/etc/brought") == (0, "")
    asked = (folder / "apt-get.log").read_text()
    assert asked == "update\ninstall --yes --no-install-recommends -- gettext\n"
    assert (folder / "repodojo/packages").read_text() == "gettext=1\n"
    assert (folder / "repodojo/settings").read_text() == "brought\n"
    assert (folder / "repodojo/programs").read_text() == "gettext\n"


def test_a_name_that_apt_takes_for_something_else_is_none(tmp_path):
    """apt takes a name with a dot for a pattern where there is no such package."""
    assert add_packages(tmp_path / "bin", "gettext", "lib.x") == (1, "lib.x is none\n")


def test_a_package_is_a_word_and_never_a_command(tmp_path):
    hostile = "$(touch /tmp/never-made);`id`"
    assert add_packages(tmp_path / "bin", hostile) == (1, f"{hostile} is none\n")
    context = io.BytesIO()
    write_packages_context(context, "base", [hostile])
    context.seek(0)
    with tarfile.open(fileobj=context) as tar:
        (*_, run) = tar.extractfile("Dockerfile").read().decode().split("\n")
    assert json.loads(run.removeprefix("RUN "))[-1] == hostile


@pytest.mark.parametrize(
    ("told", "lacking"),
    [
        ("E: Unable to locate package nope\nE: Unable to locate package other", ("nope", "other")),
        ("Package nope is not available...\nE: Package 'nope' has no installation candidate", ("nope",)),
        ("lib.x is none", ("lib.x",)),
        ("\x1b[91mE: Unable to \x1b[0m\x1b[91mlocate package no\x1b[0m\x1b[91mpe \x1b[0mRemoving", ("nope",)),
    ],
)
def test_what_apt_does_not_know_is_named(told, lacking):
    error = packages_error([*lacking, "gettext"], told)
    assert isinstance(error, LackingPackagesError)
    assert error.names == lacking


def test_another_failure_of_apt_is_told_as_it_is():
    error = packages_error(["gettext"], "Temporary failure resolving 'deb.debian.org'")
    assert not isinstance(error, LackingPackagesError)
    assert "gettext cannot be added to the image: Temporary failure resolving" in str(error)
