import subprocess

import pytest

from repodojo.errors import InputError
from repodojo.instances.sources.clone import open_clone
from repodojo.instances.sources.clone_pulls import PullRules, read_clone_pulls
from repodojo.instances.sources.history import pair_reverts, read_history
from repodojo.instances.sources.statements import Comment, Issue

BASE = {"a.py": "x = 0\n", "tests/test_a.py": "import a\n"}
FIX = {"a.py": "x = 1\n", "tests/test_a.py": "import a\nassert a.x\n", "docs.md": "x is 1\n"}
AGAIN = {"a.py": "x = 2\n", "tests/test_a.py": "import a\nassert a.x > 1\n"}


def branch(repository, name, message, files):
    repository.git("checkout", "--quiet", "-b", name, "main")
    head = repository.commit(message, files)
    repository.git("checkout", "--quiet", "main")
    return head


def pull(repository, number, head):
    repository.git("update-ref", f"refs/pull/{number}/head", head)


def squash(repository, branch_name, message):
    repository.git("merge", "--quiet", "--squash", branch_name)
    return repository.commit(message)


def applies(repository, row):
    """Put the row's patches on its base commit; return the tree that comes of it."""
    repository.git("checkout", "--quiet", "--force", row.base_commit)
    for patch in (row.patch, row.test_patch):
        subprocess.run(
            ["git", "apply", "--index", "-"], cwd=repository.root, input=patch.encode(), check=True
        )
    return repository.git("write-tree")


def test_a_merged_pull_request_is_a_row(repository):
    base = repository.commit("base", BASE)
    head = branch(repository, "one", "Repair x\n\nFixes #7", FIX)
    repository.commit("elsewhere", {"b.py": "y = 0\n"})
    repository.merge("one", "Merge pull request #1 from o/one\n\nx is wrong")
    pull(repository, 1, head)
    (row,) = read_clone_pulls(open_clone(repository.root), "o/r").rows
    assert (row.instance_id, row.base_commit, row.pull_number) == ("o__r-1", base, 1)
    assert row.issue_numbers == ("7",)
    assert row.problem_statement == "x is wrong\n\nRepair x\n\nFixes #7\n"
    assert applies(repository, row) == repository.git("rev-parse", f"{head}^{{tree}}")


def test_issue_texts_are_used_where_they_are_there(repository):
    repository.commit("base", BASE)
    pull(repository, 1, branch(repository, "one", "Fixes #7", FIX))
    squash(repository, "one", "Repair (#1)")
    comments = (Comment("early", "2020-01-01T00:00:00Z"), Comment("late", "2024-01-01T00:00:00Z"))
    issues = {"7": Issue("7", "x is 0", "It should be 1.", comments)}
    (row,) = read_clone_pulls(open_clone(repository.root), "o/r", issues=issues).rows
    assert row.problem_statement == "x is 0\nIt should be 1.\n"
    assert row.hints_text == "early"
    assert row.extra["statement_from"] == "issues"


def test_a_squashed_pull_request_is_taken_from_its_own_base(repository):
    base = repository.commit("base", BASE)
    head = branch(repository, "one", "Repair", FIX)
    repository.commit("elsewhere", {"b.py": "y = 0\n"})
    squash(repository, "one", "Repair x (#1)")
    pull(repository, 1, head)
    (row,) = read_clone_pulls(open_clone(repository.root), "o/r").rows
    assert row.base_commit == base
    assert "b.py" not in row.patch


@pytest.mark.parametrize(
    ("files", "rules", "reason"),
    [
        ({"a.py": "x = 1\n"}, PullRules(), "no_tests"),
        ({"tests/test_a.py": "pass\n"}, PullRules(), "no_patch"),
        (FIX, PullRules(require_issue=True), "no_issue"),
        ({**FIX, "a.py": b"# \xff\n"}, PullRules(), "not_utf8"),
    ],
)
def test_other_pull_requests_are_listed_with_their_reason(repository, files, rules, reason):
    repository.commit("base", BASE)
    pull(repository, 1, branch(repository, "one", "Change", files))
    repository.merge("one", "Merge pull request #1 from o/one")
    found = read_clone_pulls(open_clone(repository.root), "o/r", rules)
    assert found.rows == []
    assert reason in found.rejected[0].reason


def test_an_open_pull_request_and_a_fast_forward_are_listed(repository):
    repository.commit("base", BASE)
    pull(repository, 1, repository.commit("forward", FIX))
    pull(repository, 2, branch(repository, "two", "Open", AGAIN))
    repository.git("branch", "--quiet", "-D", "two")
    rejected = read_clone_pulls(open_clone(repository.root), "o/r").rejected
    reasons = [each.reason.split(":")[0] for each in rejected]
    assert reasons == ["no_base", "not_merged"]


def test_a_patch_may_be_limited_to_python(repository):
    repository.commit("base", BASE)
    pull(repository, 1, branch(repository, "one", "Repair", FIX))
    squash(repository, "one", "Repair (#1)")
    clone = open_clone(repository.root)
    assert "docs.md" in read_clone_pulls(clone, "o/r").rows[0].patch
    assert "docs.md" not in read_clone_pulls(clone, "o/r", PullRules(python_only=True)).rows[0].patch


def test_the_history_gives_commits_squashes_and_merges(repository):
    bases = [repository.commit("base", BASE)]
    bases.append(repository.commit("Repair x, fixes #7", FIX))
    branch(repository, "two", "Two", AGAIN)
    repository.commit("only docs", {"docs.md": "\n"})
    bases.append(repository.git("rev-parse", "HEAD"))
    repository.merge("two", "Merge pull request #2 from o/two\n\nTwo it is")
    repository.git("checkout", "--quiet", "-b", "three")
    repository.commit("Three", BASE)
    repository.git("checkout", "--quiet", "main")
    squash(repository, "three", "Three it is (#3)")
    found = read_history(open_clone(repository.root), "o/r")
    rows = found.rows[::-1]
    assert [row.extra["shape"] for row in rows] == ["commit", "merge", "squash"]
    assert [row.base_commit for row in rows[:2]] == [bases[0], bases[2]]
    assert [row.pull_number for row in rows] == [None, 2, 3]
    assert rows[0].issue_numbers == ("7",)
    assert rows[1].problem_statement == "Two it is"
    assert [each.reason.split(":")[0] for each in found.rejected] == ["no_base"]
    for row in rows:
        tree = repository.git("rev-parse", f"{row.extra['commit']}^{{tree}}")
        assert applies(repository, row) == tree


def test_what_was_taken_back_is_no_task(repository):
    repository.commit("base", BASE)
    fix = repository.commit("Repair x", FIX)
    repository.commit(f'Revert "Repair x"\n\nThis reverts commit {fix}.', BASE)
    found = read_history(open_clone(repository.root), "o/r")
    assert found.rows == []
    assert [each.reason.split(":")[0] for each in found.rejected] == ["revert", "reverted", "no_base"]


def test_what_was_taken_back_twice_is_a_task(repository):
    repository.commit("base", BASE)
    fix = repository.commit("Repair x", FIX)
    revert = repository.commit(f'Revert "Repair x"\n\nThis reverts commit {fix[:10]}.', BASE)
    repository.commit(f'Reapply "Repair x"\n\nThis reverts commit {revert}.', FIX)
    (row,) = read_history(open_clone(repository.root), "o/r").rows
    assert row.extra["commit"] == fix


@pytest.mark.parametrize("end", [" (#2)\n\nReverts o/r#1", "", " (#2)"])
def test_reverts_are_paired_by_pull_request_and_by_subject(repository, end):
    repository.commit("base", BASE)
    fix = repository.commit("Repair x (#1)", FIX)
    revert = repository.commit(f'Revert "Repair x (#1)"{end}', BASE)
    found = pair_reverts(open_clone(repository.root).main_line("HEAD"))
    assert found.by == {fix: revert}
    assert found.of == {revert: fix}


def test_a_bundle_is_read_like_a_clone(repository, tmp_path):
    repository.commit("base", BASE)
    repository.commit("Repair x", FIX)
    repository.git("bundle", "create", "--quiet", str(tmp_path / "b.bundle"), "--all")
    clone = open_clone(tmp_path / "b.bundle", tmp_path / "unpacked")
    assert read_history(clone, "o/r") == read_history(open_clone(repository.root), "o/r")


def test_the_first_remote_names_the_repository(repository):
    clone = open_clone(repository.root)
    assert clone.name() is None
    repository.git("remote", "add", "origin", "git@example.invalid:o/r.git")
    assert clone.name() == "o/r"


def test_what_is_no_clone_is_an_error(tmp_path):
    with pytest.raises(InputError, match="does not exist; expected a git clone"):
        open_clone(tmp_path / "x")
    with pytest.raises(InputError, match="git rev-parse failed"):
        open_clone(tmp_path)


def test_a_partial_clone_is_told_which_file_it_lacks_and_what_brings_it(new_repository, tmp_path):
    repository = new_repository(tmp_path / "partial")
    commit = repository.commit("Start", {"data.bin": b"large"})
    digest = repository.git("rev-parse", "HEAD:data.bin")
    (repository.root / ".git" / "objects" / digest[:2] / digest[2:]).unlink()
    with pytest.raises(InputError, match=r"object_missing: data.bin of .* partial; `git fetch --refetch`"):
        open_clone(repository.root).tree(commit)


def test_a_clone_cannot_make_the_reader_run_its_programs(repository, tmp_path):
    """Nothing that the clone's own configuration names is started."""
    repository.commit("base", {**BASE, ".gitattributes": "*.py diff=evil\n"})
    repository.commit("Repair x", FIX)
    ran = tmp_path / "ran"
    for key in ("diff.external", "diff.evil.command", "diff.evil.textconv", "core.fsmonitor"):
        repository.git("config", key, f"touch {ran}; cat")
    assert len(read_history(open_clone(repository.root), "o/r").rows) == 1
    assert not ran.exists()
