import pytest

from repodojo.errors import InputError
from repodojo.instances.mining.clones import find_clones
from repodojo.instances.sources.clone import open_clone
from repodojo.instances.sources.clone_pulls import read_clone_pulls
from repodojo.instances.sources.history import read_history

BASE = {"a.py": "x = 0\n", "tests/test_a.py": "import a\n"}
FIX = {"a.py": "x = 1\n", "tests/test_a.py": "import a\nassert a.x\n"}


@pytest.mark.parametrize("message", ["One \x02 two \x01 three", "\x01a\x02b\x02c\x02d\x02e.py"])
def test_a_message_with_control_characters_hides_no_commit(repository, message):
    """They used to be taken for the bounds of fields, so that the commit was passed over silently."""
    repository.commit("base", BASE)
    head = repository.commit(message, {**FIX, "b\x01c\x02d.txt": ""})
    commits = open_clone(repository.root).main_line("HEAD", paths=True)
    assert [commit.message for commit in commits] == [message, "base"]
    assert commits[0].paths == ("a.py", "b\x01c\x02d.txt", "tests/test_a.py")
    assert [row.extra["commit"] for row in read_history(open_clone(repository.root), "o/r").rows] == [head]


def test_a_message_with_control_characters_is_whole(repository):
    """The text of a pull request used to end at the first of them."""
    repository.commit("base", BASE)
    repository.git("checkout", "--quiet", "-b", "one")
    repository.git("update-ref", "refs/pull/1/head", repository.commit("One \x01 two\n\nthree", FIX))
    repository.git("checkout", "--quiet", "main")
    repository.merge("one", "Merge pull request #1 from o/one")
    clone = open_clone(repository.root)
    (pull,), (change,) = read_clone_pulls(clone, "o/r").rows, read_history(clone, "o/r").rows
    assert "One \x01 two\n\nthree" in pull.problem_statement
    assert "One \x01 two\n\nthree" in change.problem_statement


def test_a_clone_names_no_program_that_checks_signatures(repository, tmp_path):
    """`git log` used to run it, outside of every sandbox."""
    repository.commit("base", BASE)
    head, _, message = repository.git("cat-file", "commit", "HEAD").partition("\n\n")
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n a\n -----END PGP SIGNATURE-----"
    (tmp_path / "signed").write_text(f"{head}\n{signature}\n\n{message}\n")
    signed = repository.git("hash-object", "-t", "commit", "-w", str(tmp_path / "signed"))
    repository.git("update-ref", "refs/heads/main", signed)
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    repository.git("config", "log.showSignature", "true")
    repository.git("config", "gpg.program", str(program))
    assert [commit.sha for commit in open_clone(repository.root).main_line("HEAD")] == [signed]
    assert not (tmp_path / "ran").exists()


def test_a_broken_clone_is_not_taken_for_the_repository_around_it(repository):
    """The folder of clones lies in a repository by default: that one used to be mined."""
    repository.commit("base", BASE)
    (repository.root / "clones" / "broken" / ".git").mkdir(parents=True)
    with pytest.raises(InputError, match="broken: git rev-parse failed: fatal: not a git repository"):
        find_clones(repository.root / "clones")


def test_a_repository_that_git_was_told_of_is_not_read_for_a_clone(repository, tmp_path, monkeypatch):
    """Git sets GIT_DIR for hooks and `git rebase --exec`: every clone used to be that repository."""
    head = repository.commit("base", BASE)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert open_clone(repository.root).text("rev-parse", "HEAD") == head


def test_a_clone_is_no_folder_of_clones(repository):
    """Its `.git` used to be mined as a clone without a name."""
    repository.commit("base", BASE)
    assert find_clones(repository.root) == []
    assert [each.path for each in find_clones(repository.root.parent)] == [repository.root]
