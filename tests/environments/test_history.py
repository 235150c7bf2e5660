"""Histories: kept whole or cut, and what an instance's repository holds of them."""

import random
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.environments.base_repository import prove_repository
from repodojo.environments.history import History, keep_history, write_history
from repodojo.environments.trees import write_tree
from repodojo.errors import BuildError, InputError
from repodojo.instances.sources.clone import Clone
from repodojo.instances.sources.clone_history import newest, read_reachable

PLENTY = 1 << 30


@pytest.fixture
def grown(tmp_path, new_repository):
    """A clone with a merge, a tag, and a commit after the base; returns it and its base commit."""
    repository = new_repository(tmp_path / "clone")
    repository.commit("One", {"a.txt": "1\n", "b.txt": "b\n", ".gitattributes": "* text eol=crlf\n"})
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("Side", {"side": "s\n"})
    repository.git("checkout", "--quiet", "main")
    repository.commit("Two", {"a.txt": "2\n", "big": bytes(range(256)) * 4000})
    base = repository.merge("side", "Merge")
    repository.git("tag", "-a", "v1", "-m", "v1")
    repository.commit("Fix after the base", {"a.txt": "fixed\n"})
    repository.git("notes", "add", "-m", "a note")
    return repository, base


def ask(git_folder, *arguments):
    command = ["git", "--git-dir", str(git_folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def install(history, repository, tmp_path, name="layer"):
    keep_history(history, tmp_path / f"{name}-history")
    (tmp_path / name).mkdir()
    base = Clone(repository.root).tree(history.commit)
    write_history(tmp_path / f"{name}-history", base, tmp_path / name)
    return tmp_path / name / ".git"


def test_the_repository_holds_the_history_up_to_the_base_and_nothing_after(grown, tmp_path):
    repository, base = grown
    git_folder = install(read_reachable(Clone(repository.root), base, PLENTY), repository, tmp_path)
    assert ask(git_folder, "log", "--all", "--format=%s").split() == ["Merge", "Two", "Side", "One"]
    proof = prove_repository(git_folder, base)
    assert (proof.commits, proof.cut, proof.references) == (4, (), (f"refs/heads/main {base}",))
    expected = repository.git("rev-list", "--objects", "--no-object-names", base).split()
    assert [line.split()[0] for line in proof.objects] == sorted(expected)
    ask(git_folder, "fsck", "--strict", "--no-progress")


@pytest.mark.parametrize(("most", "subjects"), [(PLENTY, 4), (40_000, 1)])
def test_a_history_that_is_too_large_is_cut_and_the_proof_says_where(grown, tmp_path, most, subjects):
    repository, base = grown
    repository.git("checkout", "--quiet", base)
    large = repository.commit("Large", {"noise": random.Random(0).randbytes(50_000)})
    git_folder = install(read_reachable(Clone(repository.root), large, most), repository, tmp_path)
    proof = prove_repository(git_folder, large)
    assert proof.commits == (subjects + 1 if most == PLENTY else 1)
    assert proof.cut == (() if most == PLENTY else (large,))
    assert ask(git_folder, "log", "--format=%s").split()[0] == "Large"
    assert ask(git_folder, "fsck", "--no-progress") == ""


def test_a_clone_that_limits_its_packs_gives_one(grown, tmp_path):
    repository, base = grown
    repository.git("config", "pack.packSizeLimit", "1m")
    repository.git("checkout", "--quiet", base)
    noise = {f"noise{number}": random.Random(number).randbytes(900_000) for number in range(3)}
    large = repository.commit("Large", noise)
    git_folder = install(read_reachable(Clone(repository.root), large, PLENTY), repository, tmp_path)
    assert prove_repository(git_folder, large).commits == 5
    assert ask(git_folder, "fsck", "--no-progress") == ""


def test_a_shallow_clone_gives_what_it_has(grown, tmp_path):
    repository, base = grown
    source = f"file://{repository.root}"
    command = ["git", "clone", "--quiet", "--depth=3", source, str(tmp_path / "shallow")]
    subprocess.run(command, check=True, capture_output=True)
    git_folder = install(read_reachable(Clone(tmp_path / "shallow"), base, PLENTY), repository, tmp_path)
    proof = prove_repository(git_folder, base)
    assert proof.commits == 3
    assert len(proof.cut) == 2


def test_what_a_build_wrote_beside_the_commit_is_ignored_and_nothing_else(grown, tmp_path):
    repository, base = grown
    keep_history(read_reachable(Clone(repository.root), base, PLENTY), tmp_path / "history")
    tree = Clone(repository.root).tree(base)
    blob = tree["a.txt"]
    written = {"_version [1].py": blob, "_version 1.py": blob, "deep/*": blob}
    (tmp_path / "layer").mkdir()
    write_history(tmp_path / "history", {**tree, "_version [1].py": blob, "deep/*": blob}, tmp_path / "layer")
    write_tree({**tree, **written, "deep/x": blob}, tmp_path / "work", tmp_path)
    git = ("--work-tree", str(tmp_path / "work"), "status", "--porcelain", "-uall", "-z")
    shown = ask(tmp_path / "layer" / ".git", *git).split("\0")
    assert shown == ["?? _version 1.py", "?? deep/x", ""]
    (tmp_path / "other").mkdir()
    with pytest.raises(BuildError, match=r"a\.txt is not"):
        write_history(tmp_path / "history", {**tree, "a.txt": tree["b.txt"]}, tmp_path / "other")


def test_a_submodule_is_an_empty_folder(grown, tmp_path):
    repository, base = grown
    repository.git("checkout", "--quiet", base)
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{base},libs/sub")
    repository.git("commit", "--quiet", "-m", "Submodule")
    head = repository.git("rev-parse", "HEAD")
    git_folder = install(read_reachable(Clone(repository.root), head, PLENTY), repository, tmp_path)
    assert list((git_folder.parent / "libs" / "sub").iterdir()) == []
    write_tree(Clone(repository.root).tree(head), tmp_path / "work", tmp_path)
    (tmp_path / "work" / "libs" / "sub").mkdir(parents=True)
    assert ask(git_folder, "--work-tree", str(tmp_path / "work"), "status", "--porcelain") == ""


def test_what_cannot_be_read_is_named(grown, tmp_path):
    repository, _ = grown
    with pytest.raises(InputError, match="rev-parse failed"):
        read_reachable(Clone(repository.root), "0" * 40, PLENTY)
    keep_history(History("0" * 40, b"no pack", b"no index"), tmp_path / "history")
    (tmp_path / "layer").mkdir()
    with pytest.raises(BuildError, match="ls-tree failed"):
        write_history(tmp_path / "history", {}, tmp_path / "layer")


@given(st.data(), st.integers(1, 12), st.integers(1, 6))
def test_every_kept_commit_is_reached_past_the_cut(data, size, depth):
    parents = {
        str(child): tuple(map(str, data.draw(st.sets(st.integers(child + 1, size), max_size=3))))
        for child in range(size)
    } | {str(size): ()}
    kept, cut = newest("0", parents, depth)
    reached, waiting = set(), ["0"]
    while waiting:
        commit = waiting.pop()
        if commit not in reached:
            reached.add(commit)
            waiting += () if commit in cut else parents[commit]
    assert reached == set(kept)
