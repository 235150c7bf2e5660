"""Debian packages in a layer of the Docker backend's image, from the real archive."""

import pytest

from repodojo.environments.sandbox import SandboxSpec
from repodojo.errors import LackingPackagesError
from repodojo.grading import bare_programs

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def backend(start_backend):
    yield from start_backend("docker")


def test_packages_are_a_layer_for_the_sandboxes_that_ask_for_them(backend):
    (found,) = backend.system_packages(["tree"])
    assert found.startswith("tree=")
    (found,) = backend.system_packages(["fontconfig-config"])
    with backend.start(SandboxSpec(layers=(), system_packages=("fontconfig-config",))) as sandbox:
        assert sandbox.run("test -e /etc/fonts/fonts.conf && ! test -e /etc/shadow", 60).exit_code == 0
    for packages, works in ((), False), (("tree",), True):
        with backend.start(SandboxSpec(layers=(), system_packages=packages)) as sandbox:
            assert sandbox.run("tree --version", 60).text.startswith("tree v") is works
            gathered = sandbox.run(f"{bare_programs.GATHER}; ls {bare_programs.FOLDER}", 60).text.split()
            assert ("tree" in gathered, "sort" in gathered) == (works, True)
    assert backend.system_packages([]) == ()


def test_a_name_that_the_archive_does_not_know_is_one_reason(backend):
    with pytest.raises(LackingPackagesError, match="the image's archives have no no-such-package") as caught:
        backend.system_packages(["tree", "no-such-package"])
    assert caught.value.names == ("no-such-package",)
