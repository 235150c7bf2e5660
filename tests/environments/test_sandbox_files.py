"""What every backend must do with files: layers, reading, writing, differences."""

import os
import stat

import pytest

from repodojo.environments import supervised_sandbox
from repodojo.environments.base_repository import write_repository
from repodojo.environments.git_objects import read_tree
from repodojo.environments.sandbox import Limits, Mount, SandboxSpec
from repodojo.errors import SandboxError, UntakenPatchError

WAIT_S = 30


@pytest.fixture
def repository(tmp_path):
    """A layer with a repository, and its only commit."""
    folder = tmp_path / "repository"
    (folder / "lib").mkdir(parents=True)
    (folder / "lib" / "one.py").write_text("def one():\n    return 1\n")
    (folder / "two.txt").write_text("two\r\nlines\r\n")
    (folder / "blob").write_bytes(bytes(range(256)))
    (folder / "ünïcode name.txt").write_text("ü\n")
    (folder / ".gitignore").write_text("*.log\n")
    return folder, write_repository(read_tree(folder), folder / ".git")


def test_what_is_written_is_read(sandbox):
    content = bytes(range(256)) * 20_000
    sandbox.write("new/folder/file.bin", content)
    assert sandbox.read("/testbed/new/folder/file.bin") == content
    sandbox.write("new/folder/file.bin", b"short")
    assert sandbox.read("new/folder/file.bin") == b"short"
    assert sandbox.execute("cat new/folder/file.bin", WAIT_S).output == b"short"


@pytest.mark.parametrize(
    "path", ["missing", "/", "package", "/dev/zero", "/tmp/pipe", "/proc/1/stat", "/tmp/loop"]
)
def test_what_is_not_a_regular_file_is_refused_at_once(sandbox, path):
    sandbox.execute("mkfifo /tmp/pipe; ln -s /tmp/loop /tmp/loop", WAIT_S)
    with pytest.raises(SandboxError):
        sandbox.read(path)
    assert sandbox.execute("echo fine", WAIT_S).output == b"fine\n"


def test_writing_where_nothing_may_be_written_is_an_error(sandbox):
    for path in ("/usr/bin/new", "/proc/sys/kernel/hostname", "/new"):
        with pytest.raises(SandboxError):
            sandbox.write(path, b"x")


def test_layers_lie_above_one_another_and_stay_as_they_are(sandboxes, tmp_path):
    lower, upper = tmp_path / "lower", tmp_path / "upper"
    for folder in (lower / "both", upper / "both"):
        folder.mkdir(parents=True)
    (lower / "both" / "low").write_text("low")
    (lower / "same").write_text("low")
    (upper / "both" / "up").write_text("up")
    (upper / "same").write_text("up")
    (lower / "removed").write_text("low")
    os.mknod(upper / "removed", stat.S_IFCHR | 0o600, os.makedev(0, 0))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    with (
        sandboxes.start(SandboxSpec(layers=(upper, lower))) as one,
        sandboxes.start(SandboxSpec(layers=(upper, lower))) as two,
    ):
        listing = b"both\nboth/low\nboth/up\nsame\n"
        assert one.execute("find * | sort; cat same", WAIT_S).output == listing + b"up"
        one.execute(
            "rm -r both; mkdir both; echo new > both/new; echo changed > same; chmod 600 same", WAIT_S
        )
        assert one.execute("find * | sort", WAIT_S).output == b"both\nboth/new\nsame\n"
        assert two.execute("find * | sort; cat same", WAIT_S).output == listing + b"up"
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_further_sandbox_costs_only_what_it_writes(overlay_sandboxes, tmp_path):
    (tmp_path / "large").write_bytes(os.urandom(8 << 20))

    def used(sandbox):
        return int(sandbox.run("df --output=used --block-size=1 /tmp | tail -n 1", WAIT_S).text)

    spec = SandboxSpec(layers=(tmp_path,))
    with overlay_sandboxes.start(spec) as first, overlay_sandboxes.start(spec) as second:
        if first.mechanisms()["layers"] == "copy":
            pytest.skip("the kernel refuses overlays here")
        assert second.run("cksum large", WAIT_S).exit_code == 0
        before = used(second)
        second.run("head -c 1000000 /dev/urandom > written", WAIT_S)
        assert before < (1 << 17)
        assert 1_000_000 <= used(second) - before < 1_200_000
        assert used(first) < (1 << 17)


def test_mounts_are_read_only(sandboxes, tmp_path):
    (tmp_path / "data").write_text("data")
    with sandboxes.start(SandboxSpec(layers=(), mounts=(Mount(tmp_path, "/opt/data"),))) as sandbox:
        assert sandbox.read("/opt/data/data") == b"data"
        assert sandbox.execute("echo x > /opt/data/data || rm /opt/data/data", WAIT_S).exit_code != 0
    assert (tmp_path / "data").read_text() == "data"


def test_a_sandbox_without_layers_has_an_empty_writable_folder(sandboxes):
    with sandboxes.start(SandboxSpec(layers=(), workdir="/work/here")) as sandbox:
        assert sandbox.execute("pwd; ls -A; touch x; ls", WAIT_S).output == b"/work/here\nx\n"


def test_a_missing_layer_is_named(sandboxes, tmp_path):
    with (
        pytest.raises(SandboxError, match="nowhere"),
        sandboxes.start(SandboxSpec(layers=(tmp_path / "nowhere",))),
    ):
        pass


def test_the_disk_is_bounded_over_all_folders_together(sandboxes, layer):
    spec = SandboxSpec(layers=(layer,), limits=Limits(disk_bytes=8 << 20))
    with sandboxes.start(spec) as sandbox:
        result = sandbox.execute(
            "for d in /tmp . ~ /dev/shm; do head -c 3M /dev/zero > $d/fill || echo full; done", WAIT_S
        )
        assert b"No space left" in result.output
        sandbox.execute("rm -f /tmp/fill fill ~/fill /dev/shm/fill", WAIT_S)
        assert sandbox.execute("head -c 3M /dev/zero > fill && echo fits", WAIT_S).output == b"fits\n"


CHANGES = [
    "sed -i 's/1/2/' lib/one.py",
    "echo new > 'a new file'; mkdir -p deep/er; echo x > deep/er/f",
    "rm two.txt",
    "printf 'no newline' > two.txt",
    "printf '\\377\\000' > blob",
    "mv lib/one.py lib/renamed.py",
    "chmod +x lib/one.py",
    "ln -s lib/one.py link",
    "echo ü >> 'ünïcode name.txt'",
    "rm -r lib; echo file > lib",
    "printf 'a\\r\\nb' > crlf.txt",
    ": > empty",
    "true",
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_difference_applied_to_the_base_gives_the_same_tree(sandboxes, repository, change, tmp_path):
    folder, commit = repository
    with sandboxes.start(SandboxSpec(layers=(folder,))) as sandbox:
        assert sandbox.execute(change, WAIT_S).exit_code == 0
        patch = sandbox.diff(commit)
        tree = sandbox.execute("git add -A; git write-tree", WAIT_S).output
    (tmp_path / "patch").write_bytes(patch.encode("utf-8", errors="surrogateescape"))
    with sandboxes.start(
        SandboxSpec(layers=(folder,), mounts=(Mount(tmp_path / "patch", "/opt/patch"),))
    ) as fresh:
        applied = fresh.execute(
            "git apply --allow-empty --whitespace=nowarn /opt/patch; git add -A; git write-tree", WAIT_S
        )
    assert applied.output == tree
    assert (patch == "") == (change == "true")


@pytest.mark.parametrize(
    "trick",
    [
        "git add -A; git -c user.name=x -c user.email=x@x commit -qm done",
        "rm -rf .git",
        "rm .git/index; echo garbage > .git/HEAD",
        "git update-index --assume-unchanged lib/one.py; git update-index --skip-worktree two.txt",
        "git config core.fsmonitor 'touch /tmp/ran'; git config diff.external 'touch /tmp/ran'",
        "git config --global diff.external 'touch /tmp/ran'",
        "git config --global core.excludesFile ~/ignore; echo '*' > ~/ignore",
        "echo '* diff=x' > .git/info/attributes; git config diff.x.textconv 'touch /tmp/ran; cat'",
        "echo '* filter=x' > .git/info/attributes; git config filter.x.clean 'touch /tmp/ran; echo x'",
        "mkdir -p .git/hooks; echo 'touch /tmp/ran' > .git/hooks/post-index-change; chmod +x .git/hooks/*",
        "echo '*' > .git/info/exclude",
        "mkdir -p ~/.config/git; echo '*' > ~/.config/git/ignore; echo '* binary' > ~/.config/git/attributes",
        "export GIT_DIR=/tmp GIT_INDEX_FILE=/tmp/x GIT_EXTERNAL_DIFF='touch /tmp/ran' PATH=/tmp",
        "git checkout -q --orphan other; git rm -rfq --cached .",
        "cd /; alias git=true; git() { echo nothing; }; export -f git",
    ],
)
def test_no_trick_with_the_repository_changes_the_difference(sandboxes, repository, trick):
    folder, commit = repository
    change = "sed -i 's/1/2/' lib/one.py; echo 3 >> two.txt; echo new > new.txt"
    with sandboxes.start(SandboxSpec(layers=(folder,))) as sandbox:
        sandbox.execute(change, WAIT_S)
        honest = sandbox.diff(commit)
        sandbox.execute(trick, WAIT_S)
        assert sandbox.diff(commit) == honest
        with pytest.raises(SandboxError):
            sandbox.read("/tmp/ran")
    assert honest.count("diff --git") == 3


def test_taking_a_difference_changes_nothing(sandboxes, repository):
    folder, commit = repository
    with sandboxes.start(SandboxSpec(layers=(folder,))) as sandbox:
        sandbox.execute("echo x > new; echo y > ignored.log", WAIT_S)
        before = sandbox.execute("git status --porcelain; ls -A /tmp ~; git count-objects -v", WAIT_S).output
        patch = sandbox.diff(commit)
        assert (
            sandbox.execute("git status --porcelain; ls -A /tmp ~; git count-objects -v", WAIT_S).output
            == before
        )
    assert "ignored.log" not in patch


def test_a_difference_larger_than_the_output_bound_is_whole(sandboxes, repository):
    folder, commit = repository
    with sandboxes.start(SandboxSpec(layers=(folder,))) as sandbox:
        sandbox.execute("seq 1 400000 > big.txt", WAIT_S)
        assert sandbox.diff(commit).count("\n") > 400_000


def test_an_unknown_base_is_an_error(sandboxes, repository):
    folder, _ = repository
    with sandboxes.start(SandboxSpec(layers=(folder,))) as sandbox, pytest.raises(SandboxError, match="bad1"):
        sandbox.diff("bad1" * 10)


def test_a_sandbox_that_brings_no_repository_can_make_one(sandbox):
    sandbox.execute("git init -q; git add -A; git commit -qm base", WAIT_S)
    base = sandbox.execute("git rev-parse HEAD", WAIT_S).text.strip()
    sandbox.execute("echo three >> a.txt", WAIT_S)
    assert "+three" in sandbox.diff(base)


def test_a_difference_that_takes_too_long_is_untaken_and_no_failure_of_the_sandbox(
    sandboxes, repository, monkeypatch
):
    """An agent could make its rollout count as an infrastructure failure, which is not measured."""
    folder, commit = repository
    monkeypatch.setattr(supervised_sandbox, "_FILE_S", 0.001)
    with sandboxes.start(SandboxSpec(layers=(folder,))) as sandbox:
        with pytest.raises(UntakenPatchError, match="not done"):
            sandbox.diff(commit)
        assert sandbox.execute("echo works", WAIT_S).output == b"works\n"


NEST = "git init -q; git config user.name x; git config user.email x@x"


@pytest.mark.parametrize(
    ("nested", "changed"),
    [
        (f"mkdir sub; cd sub; {NEST}; echo new > 'a b'", ["sub/a b"]),
        (f"mkdir sub; cd sub; {NEST}; echo new > n; git add n; git commit -qm x", ["sub/n"]),
        (
            f"cd lib; {NEST}; rm one.py; echo 3 > three.py; git add -A; git commit -qm x",
            ["lib/one.py", "lib/three.py"],
        ),
        (f"mkdir -p s/t; cd s; {NEST}; cd t; {NEST}; echo new > deep", ["s/t/deep"]),
        ("mkdir sub; echo 'gitdir: /nowhere' > sub/.git; echo new > sub/n", ["sub/n"]),
    ],
)
def test_files_of_a_repository_in_the_repository_are_in_the_difference(
    sandboxes, repository, nested, changed
):
    """Git took such a folder for a submodule: its files, or the whole patch, were lost."""
    folder, commit = repository
    with sandboxes.start(SandboxSpec(layers=(folder,))) as sandbox:
        sandbox.execute(f"({nested}); echo more > more.py", WAIT_S)
        patch = sandbox.diff(commit)
    found = [line.split(" b/")[1] for line in patch.splitlines() if line.startswith("diff --git")]
    assert found == sorted([*changed, "more.py"])
    assert "Subproject" not in patch


def test_a_folder_that_cannot_be_read_costs_no_other_change(sandboxes, repository):
    folder, commit = repository
    with sandboxes.start(SandboxSpec(layers=(folder,))) as sandbox:
        sandbox.execute("mkdir shut; echo x > shut/f; chmod 000 shut; echo 3 >> two.txt", WAIT_S)
        assert sandbox.diff(commit).count("diff --git") == 1


def test_a_file_that_cannot_be_read_costs_no_other_change(sandboxes, repository):
    """Git gave up, and with it went the whole patch."""
    folder, commit = repository
    with sandboxes.start(SandboxSpec(layers=(folder,))) as sandbox:
        sandbox.execute("echo x > 'a [b'; chmod 000 'a [b' lib/one.py; echo 3 >> two.txt", WAIT_S)
        assert sandbox.diff(commit).count("diff --git") == 1
