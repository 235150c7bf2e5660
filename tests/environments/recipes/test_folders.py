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
