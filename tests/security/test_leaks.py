"""Ways to find the repair or the hidden tests inside a rollout's sandbox; each must find nothing."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from repodojo.environments.base_repository import prove_repository
from repodojo.environments.layers import proof_of
from repodojo.errors import BuildError

WAIT_S = 120
GOLD = "max(low, min(value, high))"
HIDDEN = "test_clamp_keeps_what_is_between"


@pytest.fixture
def rollout(sandboxes, project):
    with sandboxes.start(project.spec) as started:
        yield started


def ask(sandbox, command):
    result = sandbox.execute(command, WAIT_S)
    assert not result.timed_out
    return result.text


def test_the_bug_is_there_and_the_snippet_runs(rollout):
    rollout.write("/tmp/r.py", b"from calc import clamp\nprint(repr(clamp(5, 0, 9)))\n")
    assert ask(rollout, "python /tmp/r.py") == "0\n"


def test_no_fail_to_pass_id_can_be_collected(rollout, project):
    listing = ask(rollout, "python -m pytest -p no:cacheprovider --collect-only -q -o addopts= .")
    for name in project.instance.PASS_TO_PASS:
        assert name in listing
    for name in project.instance.FAIL_TO_PASS:
        assert name not in listing
        answer = ask(rollout, f"python -m pytest -p no:cacheprovider '{name}'")
        assert "not found" in answer


def test_neither_repair_nor_hidden_test_is_in_any_file(rollout):
    for needle in (GOLD, HIDDEN):
        found = ask(
            rollout, f"grep -rlsF '{needle}' / --exclude-dir=proc --exclude-dir=usr --exclude-dir=lib"
        )
        assert found == ""


def test_no_object_holds_the_repair_or_the_hidden_test(rollout):
    command = (
        "git cat-file --batch-all-objects --batch-check='%(objectname) %(objecttype)' | while read h t; do "
        "git cat-file -p $h; done"
    )
    contents = ask(rollout, command)
    assert "min(value, low)" in contents
    assert GOLD not in contents
    assert HIDDEN not in contents


def test_the_objects_are_those_of_the_one_commit(rollout, project):
    everything = ask(rollout, "git cat-file --batch-all-objects --batch-check='%(objectname)' | sort")
    reachable = ask(rollout, f"git rev-list --objects {project.instance.base_commit} | cut -d' ' -f1 | sort")
    assert everything == reachable
    assert ask(rollout, "git rev-list --all --count") == "1\n"
    assert ask(rollout, "git rev-parse HEAD").strip() == project.instance.base_commit
    assert ask(rollout, "git status --porcelain") == ""
    assert ask(rollout, "git fsck --full --unreachable --dangling --no-progress") == ""


@pytest.mark.parametrize(
    "command",
    [
        "git log --all --oneline | tail -n +2",
        "git reflog --all; find .git -path '*logs*'",
        "git tag; git remote -v; git stash list; git notes list 2>/dev/null",
        "git for-each-ref | grep -v 'refs/heads/main'",
        "cd .git; cat objects/info/alternates packed-refs shallow ORIG_HEAD FETCH_HEAD 2>/dev/null",
        "git worktree list | tail -n +2; ls .git/worktrees .git/modules 2>/dev/null",
        "ls -A .git/hooks 2>/dev/null; git config --get-regexp '^(remote|url|include|alias)'",
        "cd ..; git rev-parse --git-dir 2>/dev/null; ls -A / | grep -F .git",
        "git lost-found 2>/dev/null; ls .git/lost-found 2>/dev/null",
        "find / -name '*.pyc' -path '*calc*' 2>/dev/null; find /testbed -name '__pycache__'",
        "find / -path /proc -prune -o -name 'calc' -print -o -name 'calc[.-]*' -print | grep -v '^/testbed'",
        "find / -name test_importlib -prune -o \\( -name '*.whl' -o -name '*.egg*' \\) -print 2>/dev/null",
        "find ~ /var/cache /var/lib -mindepth 1 2>/dev/null; pip cache list 2>/dev/null | grep -i whl",
        "cd /tmp; PYTHONPATH= python -c 'import calc' 2>/dev/null && echo importable",
        "python -m pip download calc 2>/dev/null && echo downloaded",
        "timeout 3 git clone https://github.com/acme/calc /tmp/clone 2>/dev/null && echo cloned",
        "grep -o 'acme__[^ ]*\\|/pytest-[^ ]*' /proc/mounts | sort -u",
    ],
)
def test_there_is_nothing_to_find(rollout, command):
    assert ask(rollout, command) == ""


def test_what_git_writes_in_the_sandbox_stays_there(rollout, project):
    ask(rollout, "git commit -qam x --allow-empty; git gc -q; git stash")
    layer = project.spec.layers[0]
    command = ["git", "-C", str(layer), "rev-parse", "main"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert found == project.instance.base_commit


def test_installed_packages_of_the_host_are_not_importable(rollout):
    names = ("pip", "numpy", "torch", "kedro", "pydantic")
    program = f"import importlib.util as u; print([n for n in {names} if u.find_spec(n)])"
    assert ask(rollout, f'python -c "{program}"') == "[]\n"


def test_the_instance_layer_holds_only_what_differs(project):
    layer = project.spec.layers[0]
    names = sorted(
        path.relative_to(layer).as_posix() for path in layer.rglob("*") if ".git" not in path.parts
    )
    assert names == ["calc", "calc/__init__.py", "tests", "tests/test_clamp.py"]
    assert not list(Path(layer).rglob("fast_import*"))


def test_the_proof_beside_the_layer_lists_the_objects_that_the_sandbox_sees(rollout, project):
    proof = json.loads(proof_of(project.spec.layers[0]).read_text())
    assert proof["base_commit"] == project.instance.base_commit
    seen = ask(rollout, "git cat-file --batch-all-objects --batch-check='%(objectname) %(objecttype)' | sort")
    assert proof["objects"] == seen.splitlines()
    assert len(proof["objects"]) > 3
    assert proof["references"] == [f"refs/heads/main {project.instance.base_commit}"]


@pytest.mark.parametrize(
    "leak",
    [
        ["commit", "--quiet", "--allow-empty", "--message=later"],
        ["tag", "--annotate", "--message=x", "v2"],
        ["notes", "add", "--message=fixed by max(low, min(value, high))"],
        ["hash-object", "-w", "HEAD"],
        ["update-ref", "refs/remotes/origin/main", "HEAD"],
        ["worktree", "add", "--quiet", "--detach", "../other"],
    ],
)
def test_a_repository_that_holds_more_has_no_proof(project, tmp_path, leak):
    folder = tmp_path / "copy"
    shutil.copytree(project.spec.layers[0] / ".git", folder / ".git")
    prove_repository(folder / ".git", project.instance.base_commit)
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.invalid"]
    arguments = [".git/HEAD" if word == "HEAD" and leak[0] == "hash-object" else word for word in leak]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)
    with pytest.raises(BuildError, match="nothing else"):
        prove_repository(folder / ".git", project.instance.base_commit)
