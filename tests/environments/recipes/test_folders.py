import subprocess
import sys

from repodojo.datasets.workshop import WorkshopDataset
from repodojo.environments.git_objects import Blob
from repodojo.environments.interpreters import find_interpreters
from repodojo.environments.recipes.folders import Folders, Ground
from repodojo.environments.recipes.wheel import Built


def test_what_a_build_adds_behind_a_link_of_the_sources_is_left_out(tmp_path):
    """A hostile build backend used to write files anywhere on the host so."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "packages").mkdir()
    tree = {
        "it/__init__.py": Blob("100644", b""),
        "it/out": Blob("120000", str(tmp_path / "outside").encode()),
    }
    built = Built(added={"it/out/made.py": b"x\n", "it/version.py": b"x\n"})
    ground = Ground(find_interpreters()[0], tmp_path / "packages")
    folder = Folders(tmp_path / "root").make("it", tree, built, ground)
    assert sorted(path.name for path in (folder / "source" / "it").iterdir()) == [
        "__init__.py",
        "out",
        "version.py",
    ]
    assert not list((tmp_path / "outside").iterdir())


KILLED = """
import os, signal, sys
from pathlib import Path
from repodojo.environments.git_objects import Blob
from repodojo.environments.interpreters import find_interpreters
from repodojo.environments.recipes.folders import Folders, Ground
root = Path(sys.argv[1])
ground = Ground(find_interpreters()[0], root / "packages-3.11" / "digest")
with Folders(root).make_temporary("it.trial", {"it.py": Blob("100644", b"")}, None, ground):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_folders_of_builds_and_trials_used_to_stay_after_a_kill(tmp_path):
    root = tmp_path / "environments"
    subprocess.run([sys.executable, "-c", KILLED, str(root)], check=False)
    assert [path.name.startswith(".it.trial.") for path in root.glob(".it*")] == [True]
    workshop = WorkshopDataset(backend="namespaces", environments=str(root), layers=str(tmp_path / "layers"))
    workshop.sweep()
    assert not list(root.glob(".it*"))
    assert list(root.glob("interpreters/*"))
    ground = Ground(find_interpreters()[0], tmp_path / "packages")
    with Folders(root).make_temporary("it.trial", {"it.py": Blob("100644", b"")}, None, ground) as folder:
        workshop.sweep()
        assert (folder / "source" / "it.py").is_file()
    assert not folder.exists()
