"""Ways to find the repair in a repository with its real history; each must find nothing after the base."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from repodojo.environments.history import HISTORY, keep_history
from repodojo.environments.layers import instance_sandbox_spec, proof_of
from repodojo.instances import certification
from repodojo.instances.sources.clone import Clone
from repodojo.instances.sources.clone_history import read_reachable

WAIT_S = 120
GOLD = "max(low, min(value, high))"
HIDDEN = "test_clamp_keeps_what_is_between"


def read_files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture(scope="session")
def mined(tiny, tmp_path_factory, new_repository):
    """The tiny project as a clone has it: commits before its base, and everything else that clones keep."""
    root = tmp_path_factory.mktemp("mined")
    made = tiny.build(root)
    repository = new_repository(root / "clone")
    base, fixed = read_files(root / "base"), read_files(made.environments / "calc-1.0" / "source")
    repository.commit("Start", {"README": "calc, to be\n"})
    repository.commit("Add the calculator", base)
    repository.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    repository.commit("Note", {"NOTES": "n\n"})
    repository.git("checkout", "--quiet", "main")
    repository.git("rm", "--quiet", "README")
    repository.commit("Go without words")
    commit = repository.commit("Put them back", {"README": base["README"]})
    repository.commit("Clamp between both bounds", fixed)
    for command in (
        ("tag", "-a", "v1.1", "-m", "fixed"),
        ("notes", "add", "-m", GOLD),
        ("remote", "add", "origin", "https://github.com/acme/calc.git"),
        ("update-ref", "refs/remotes/origin/main", "HEAD"),
        ("worktree", "add", "--quiet", "--detach", "../other"),
        ("reset", "--quiet", "--hard", "HEAD~1"),
        ("commit", "--quiet", "--allow-empty", "-m", "dangling"),
        ("reset", "--quiet", "--hard", "HEAD~1"),
        ("gc", "--quiet"),
    ):
        repository.git(*command)
    (repository.root / "calc" / "__init__.py").write_text(fixed["calc/__init__.py"])
    repository.git("stash")
    keep_history(
        read_reachable(Clone(repository.root), commit, 1 << 30), made.environments / "calc-1.0" / HISTORY
    )
    instance = replace(made.instance, base_commit=commit)
    return instance, instance_sandbox_spec(instance, made.environments, root / "mined_layers")


@pytest.fixture
def rollout(sandboxes, mined):
    with sandboxes.start(mined[1]) as started:
        yield started


def ask(sandbox, command):
    result = sandbox.execute(command, WAIT_S)
    assert not result.timed_out
    return result.text


def test_git_shows_the_history_up_to_the_base_and_works(rollout, mined):
    assert ask(rollout, "git log --format=%s").splitlines() == [
        "Put them back",
        "Go without words",
        "Add the calculator",
        "Start",
    ]
    assert ask(rollout, "git status --porcelain; git rev-parse HEAD") == f"{mined[0].base_commit}\n"
    assert ask(rollout, "git show HEAD~3:README; git blame -s README | wc -l") == "calc, to be\n1\n"
    assert ask(rollout, "echo x > new; git add new; git commit -qm mine; git log --oneline | wc -l") == "5\n"
    assert rollout.diff(mined[0].base_commit).count("diff --git") == 1


def test_the_objects_are_those_of_the_history_and_the_proof_lists_them(rollout, mined):
    instance, spec = mined
    seen = ask(rollout, "git cat-file --batch-all-objects --batch-check='%(objectname) %(objecttype)' | sort")
    reachable = ask(rollout, f"git rev-list --objects {instance.base_commit} | cut -d' ' -f1 | sort")
    assert [line.split()[0] for line in seen.splitlines()] == reachable.split()
    proof = json.loads(proof_of(spec.layers[0]).read_text())
    assert (proof["base_commit"], proof["commits"], proof["cut"]) == (instance.base_commit, 4, [])
    assert proof["objects"] == seen.splitlines()
    assert proof["references"] == [f"refs/heads/main {instance.base_commit}"]


@pytest.mark.parametrize(
    "command",
    [
        "git log --all --format=%s | grep -v -e Start -e calculator -e words -e back",
        "git log --reflog --format=%H | tail -n +5; find .git -path '*logs*'",
        "git tag; git remote -v; git stash list; git notes list 2>/dev/null; git branch -a | tail -n +2",
        "git for-each-ref | grep -v 'refs/heads/main'",
        "git fsck --full --unreachable --dangling --no-progress --lost-found; ls .git/lost-found 2>/dev/null",
        "cd .git; cat objects/info/alternates packed-refs shallow ORIG_HEAD FETCH_HEAD 2>/dev/null",
        "git worktree list | tail -n +2; ls .git/worktrees .git/modules 2>/dev/null",
        "git rev-list --all --not HEAD; git log HEAD@{1} 2>/dev/null",
        f"git grep -F '{GOLD}' $(git rev-list --all); git log --all -S '{HIDDEN}' --format=%H",
        "git cat-file --batch-all-objects --batch | grep -aF -e 'min(value, high)' -e dangling -e Note",
        "cat .git/config /run/base/.git/config | grep -e remote -e url; ls -A .git/hooks 2>/dev/null",
        "find .git -name '*.keep'; find .git -name '*.pack' | tail -n +2",
        Path(certification.__file__).with_name("leak_probe.sh").read_text(),
    ],
)
def test_there_is_nothing_from_after_the_base(rollout, command):
    assert ask(rollout, command) == ""
