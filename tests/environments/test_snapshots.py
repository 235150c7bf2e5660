"""What every backend must do to keep files and put them back."""

import io
import tarfile

import pytest

from repodojo.environments.sandbox import Limits, SandboxSpec, Snapshot
from repodojo.errors import SandboxError

WAIT_S = 30
LISTING = (
    "cd /testbed; find . /tmp ~ /var/tmp /dev/shm -printf '%p %y %m %l\\n' | sort; "
    "find . -type f -print0 | sort -z | xargs -0 md5sum"
)

CHANGES = [
    "echo x > new; mkdir -p deep/er; echo y > deep/er/f; echo t > /tmp/t; echo h > ~/h; echo v > /var/tmp/v",
    "rm a.txt",
    "rm -r package; mkdir package; echo other > package/other",
    "rm -r package; echo file > package",
    "ln -s a.txt link; ln package/module.py hard; mkfifo pipe",
    "mkdir 'a b'; printf '\\377' > 'a b/ü'; touch -d 2001-01-01 'a b'",
    "head -c 3000000 /dev/urandom > big",
    "true",
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_kept_is_put_back(sandbox, change):
    assert sandbox.execute(change, WAIT_S).exit_code == 0
    before = sandbox.run(LISTING, WAIT_S).output
    kept = sandbox.snapshot()
    sandbox.execute("echo later > a.txt; rm -rf package new deep 'a b'; touch /tmp/z ~/z more", WAIT_S)
    assert sandbox.run(LISTING, WAIT_S).output != before
    sandbox.restore(kept)
    assert sandbox.run(LISTING, WAIT_S).output == before
    sandbox.execute("echo again > again; rm -rf package", WAIT_S)
    sandbox.restore(kept)
    assert sandbox.run(LISTING, WAIT_S).output == before


def test_closed_files_are_kept_closed(sandbox):
    sandbox.execute("echo 1 > shut; chmod 000 shut; mkdir no; echo 2 > no/file; chmod 000 no", WAIT_S)
    kept = sandbox.snapshot()
    sandbox.execute("chmod 700 no; rm -rf no shut", WAIT_S)
    sandbox.restore(kept)
    assert sandbox.execute("stat -c %a no shut; chmod 700 no shut; cat shut no/file", WAIT_S).output == (
        b"0\n0\n1\n2\n"
    )


def test_the_shell_goes_on_after_keeping_and_starts_anew_after_putting_back(sandbox):
    sandbox.execute("cd package; x=5; sleep 77 & echo", WAIT_S)
    kept = sandbox.snapshot()
    assert sandbox.execute("pwd; echo $x; kill -0 %1 && echo runs", WAIT_S).output == (
        b"/testbed/package\n5\nruns\n"
    )
    sandbox.restore(kept)
    assert (
        sandbox.execute("pwd; echo [$x]; ps ax | grep -c '[s]leep 77'", WAIT_S).output == b"/testbed\n[]\n0\n"
    )


def test_files_are_kept_while_a_process_writes(sandbox):
    sandbox.execute("while :; do echo x >> log; : > log; done & sleep 0.2", WAIT_S)
    for _ in range(5):
        kept = sandbox.snapshot()
    sandbox.restore(kept)
    assert sandbox.read("log") in (b"", b"x\n")


def test_a_snapshot_serves_another_sandbox_and_costs_what_was_written(sandboxes, layer):
    spec = SandboxSpec(layers=(layer,))
    with sandboxes.start(spec) as one, sandboxes.start(spec) as two:
        one.execute("echo changed > a.txt", WAIT_S)
        kept = one.snapshot()
        two.restore(kept)
        assert two.read("a.txt") == b"changed\n"
        assert two.read("package/module.py") == b"VALUE = 1\n"
    assert len(kept.archive) < 50_000


def test_a_forged_snapshot_writes_nothing_outside(sandboxes, layer, tmp_path):
    for name, kind, target in (
        (f"../../../..{tmp_path}/evil", tarfile.REGTYPE, ""),
        ("tmp/away", tarfile.SYMTYPE, str(tmp_path)),
        ("tmp/disk", tarfile.BLKTYPE, ""),
    ):
        text = io.BytesIO()
        with tarfile.open(fileobj=text, mode="w") as tar:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            tar.addfile(member)
            if kind == tarfile.SYMTYPE:
                tar.addfile(tarfile.TarInfo("tmp/away/evil"))
        with (
            sandboxes.start(SandboxSpec(layers=(layer,))) as sandbox,
            pytest.raises(SandboxError, match="snapshot"),
        ):
            sandbox.restore(Snapshot(text.getvalue()))
    assert list(tmp_path.iterdir()) == []


def test_a_snapshot_larger_than_the_disk_is_an_error(sandboxes, layer):
    with sandboxes.start(SandboxSpec(layers=(layer,))) as large:
        large.execute("head -c 20000000 /dev/zero > fill", WAIT_S)
        kept = large.snapshot()
    small = SandboxSpec(layers=(layer,), limits=Limits(disk_bytes=8 << 20))
    with sandboxes.start(small) as sandbox, pytest.raises(SandboxError, match="No space"):
        sandbox.restore(kept)


def test_sparse_files_larger_than_the_disk_are_an_error(sandboxes, layer):
    """They take no room, and each was sent whole: the owner's memory was at the mercy of a command."""
    spec = SandboxSpec(layers=(layer,), limits=Limits(disk_bytes=8 << 20))
    with sandboxes.start(spec) as sandbox:
        sandbox.execute("for n in {1..9}; do truncate -s 8M sparse$n; done", WAIT_S)
        with pytest.raises(SandboxError, match="sparse"):
            sandbox.snapshot()
        sandbox.execute("rm sparse*; echo small > small", WAIT_S)
        sandbox.restore(sandbox.snapshot())
        assert sandbox.read("small") == b"small\n"
