from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from repodojo.environments.base_repository import prove_repository, write_repository
from repodojo.environments.git_objects import Blob, read_tree
from repodojo.environments.trees import patch_tree, write_tree
from repodojo.errors import BuildError, InputError

TREE = {
    "a/one.py": Blob("100644", b"x = 1\n"),
    "a/two.py": Blob("100644", b"x = 1\n"),
    "run": Blob("100755", b"#!/bin/sh\n"),
    "link": Blob("120000", b"a/one.py"),
    "bytes": Blob("100644", b"\xff\x00\r\n"),
}
PATCH = (
    "diff --git a/a/one.py b/a/one.py\n--- a/a/one.py\n+++ b/a/one.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n"
    "diff --git a/a/two.py b/b.py\nsimilarity index 100%\nrename from a/two.py\nrename to b.py\n"
)


def test_a_tree_comes_back_as_it_was_and_equal_files_are_one_on_disk(tmp_path):
    write_tree(TREE, tmp_path / "first", tmp_path)
    write_tree(TREE, tmp_path / "second", tmp_path)
    assert read_tree(tmp_path / "first") == read_tree(tmp_path / "second") == TREE
    same = [
        tmp_path / "first" / "a" / "one.py",
        tmp_path / "first" / "a" / "two.py",
        tmp_path / "second" / "a" / "one.py",
    ]
    assert len({path.stat().st_ino for path in same}) == 1


def test_a_file_of_more_places_than_a_file_system_links_is_copied(tmp_path):
    tree = {f"{number}.py": Blob("100644", b"") for number in range(65_010)}
    write_tree(tree, tmp_path / "many", tmp_path)
    assert len(list((tmp_path / "many").iterdir())) == len(tree)


def test_patches_change_what_they_name_and_nothing_on_disk(tmp_path):
    write_tree(TREE, tmp_path / "first", tmp_path)
    patched = patch_tree(TREE, [PATCH, ""], tmp_path, "an instance")
    assert patched == {
        "a/one.py": Blob("100644", b"x = 2\n"),
        "b.py": Blob("100644", b"x = 1\n"),
        **{path: TREE[path] for path in ("run", "link", "bytes")},
    }
    assert read_tree(tmp_path / "first") == TREE


@pytest.mark.parametrize("path", ["../outside", "/etc/outside", "a/../../outside"])
def test_a_tree_that_leads_outside_is_refused(tmp_path, path):
    with pytest.raises(BuildError, match="outside"):
        write_tree({path: Blob("100644", b"")}, tmp_path / "inner" / "folder", tmp_path)
    assert not list(tmp_path.rglob("outside"))


def test_a_patch_that_does_not_fit_or_leads_outside_is_refused(tmp_path):
    with pytest.raises(BuildError, match="an instance: git apply failed"):
        patch_tree({**TREE, "a/one.py": Blob("100644", b"y\n")}, [PATCH], tmp_path, "an instance")
    with pytest.raises(InputError, match="not inside the repository"):
        patch_tree(TREE, [PATCH.replace("a/a/one.py", "a/../one.py")], tmp_path, "an instance")
    assert not list(tmp_path.glob(".*.tmp"))


def test_a_file_behind_a_link_of_the_tree_is_refused(tmp_path):
    """It used to be written where the link leads, outside of every sandbox."""
    (tmp_path / "outside").mkdir()
    link = Blob("120000", b"../outside")
    tree = {"link": link, "link/made.py": Blob("100644", b"")}
    with pytest.raises(BuildError, match="leads through the link 'link'"):
        write_tree(tree, tmp_path / "folder", tmp_path)
    patch = PATCH.partition("diff --git a/a/two.py")[0].replace("a/one.py", "link/made.py")
    with pytest.raises(BuildError, match="leads through the link"):
        patch_tree(tree, [patch, patch.replace("link/made.py", "link")], tmp_path, "an instance")
    assert not list((tmp_path / "outside").iterdir())


@pytest.mark.parametrize(
    "tree",
    [
        {"a" * 300: Blob("100644", b"")},
        {"link": Blob("120000", b"")},
        {"link": Blob("120000", b"a\0b")},
        {"link": Blob("120000", b"a" * 5000)},
    ],
)
def test_a_tree_that_no_file_system_takes_is_refused(tmp_path, tree):
    """One such clone used to end the whole run."""
    with pytest.raises(BuildError, match="no_path"):
        write_tree(tree, tmp_path / "folder", tmp_path)
    assert not list(tmp_path.glob("folder*"))


@pytest.mark.parametrize("path", ["caf\udce9.txt", "a\n\nb.txt"])
def test_a_repository_is_proven_whatever_its_files_are_called(tmp_path, path):
    """One name that is not UTF-8 used to end the whole run."""
    commit = write_repository({path: Blob("100644", b"x\n")}, tmp_path / ".git")
    assert prove_repository(tmp_path / ".git", commit).commits == 1


def test_threads_that_store_the_same_files_at_once_take_none_from_each_other(tmp_path):
    tree = {f"{number}.txt": Blob("100644", b"%d" % number) for number in range(400)}
    start = Barrier(8)

    def write(number):
        start.wait()
        write_tree(tree, tmp_path / f"tree{number}", tmp_path)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert all(read_tree(tmp_path / f"tree{number}") == tree for number in range(8))
    assert [path.name for path in tmp_path.glob(".*")] == [".blobs"]
