"""Debian packages that a sandbox of namespaces asks for: shown where the host has them, else a reason."""

import shutil

import pytest

from repodojo.environments.host_packages import host_packages, package_trees
from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import SandboxSpec
from repodojo.errors import BuildError, LackingPackagesError, SandboxError
from repodojo.grading import bare_programs

HELLO = "printf 'int main(){return 7;}' >/tmp/a.c && gcc /tmp/a.c -o /tmp/a && /tmp/a"


@pytest.fixture(scope="module")
def sandboxes(start_backend):
    yield from start_backend("overlay")


def needs(name):
    try:
        host_packages([name])
    except BuildError as error:
        pytest.skip(str(error))


def test_what_this_host_lacks_is_named_with_the_command_that_adds_it():
    needs("dpkg")
    with pytest.raises(
        LackingPackagesError, match=r"`apt-get update && .* no-such-a no-such-b` adds them"
    ) as caught:
        host_packages(["dpkg", "no-such-b", "no-such-a"])
    assert caught.value.names == ("no-such-a", "no-such-b")
    (found,) = host_packages(["dpkg", "dpkg"])
    assert found.startswith("dpkg=")


def test_a_host_that_is_no_debian_says_so(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(BuildError, match=r"no dpkg-query.*--env docker"):
        host_packages(["gcc"])


def test_a_sandbox_does_not_start_without_what_it_asks_for():
    """It used to start, and tests failed for want of a program."""
    needs("dpkg")
    backend = NamespaceSandboxes()
    asking = SandboxSpec(layers=(), system_packages=("no-such-a",))
    with pytest.raises(SandboxError, match="host lacks no-such-a"), backend.start(asking):
        pass
    backend.close()


def test_a_package_is_shown_to_the_sandboxes_that_ask_for_it_alone(sandboxes):
    """A compiler used to be there without the files that it is made of."""
    needs("gcc")
    needs("libc6-dev")
    for packages, code in (((), 1), (("gcc", "libc6-dev"), 7)):
        with sandboxes.start(SandboxSpec(layers=(), system_packages=packages)) as sandbox:
            assert sandbox.run(HELLO, 60).exit_code == code


def test_programs_of_packages_are_no_chance_of_the_machine(sandboxes):
    """A run without what every machine has not leaves out only tests of programs that nobody asked for."""
    needs("gcc")
    spec = SandboxSpec(layers=(), system_packages=("gcc",))
    with sandboxes.start(spec) as sandbox:
        found = sandbox.run(
            f"{bare_programs.GATHER}; PATH={bare_programs.FOLDER}; type -P gcc sort perl", 60
        ).text
    assert found.split() == [f"{bare_programs.FOLDER}/{name}" for name in ("gcc", "sort")]


def test_nothing_of_a_python_or_of_this_hosts_own_settings_is_shown():
    needs("gcc")
    assert package_trees(()) == ()
    shown = package_trees(("gcc",))
    assert not [
        path for path in shown if "python" in path or path in ("/etc", "/etc/ssl", "/usr/share", "/usr/lib")
    ]


def test_whoever_asks_for_no_package_needs_no_debian(monkeypatch, tmp_path):
    """On a host without dpkg-query every environment of a clone was asked for again without end."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert host_packages(()) == package_trees(()) == ()
    with pytest.raises(BuildError, match="dpkg-query"):
        host_packages(("gcc",))
