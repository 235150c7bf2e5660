"""Base commits and instance layers."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.environments.base_repository import write_repository
from repodojo.environments.git_objects import Blob, commit_hash, read_tree
from repodojo.environments.layers import (
    base_commit_of,
    build_instance_layer,
    environment_sandbox_spec,
    forget_layer,
    instance_sandbox_spec,
    proof_of,
    sandbox_spec,
)
from repodojo.errors import BuildError
from repodojo.types import Environment, Instance

NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=6
).filter(lambda name: name not in (".", "..") and ".git" not in name.lower())
TREES = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=3).map("/".join),
    st.builds(Blob, st.sampled_from(["100644", "100755"]), st.binary(max_size=40)),
    min_size=1,
    max_size=6,
)


def clash(paths):
    return any(one != two and two.startswith(one + "/") for one in paths for two in paths)


@given(TREES)
def test_a_commit_hash_is_gits_own(tmp_path_factory, tree):
    if clash(tree):
        return
    folder = tmp_path_factory.mktemp("hash")
    assert write_repository(tree, folder / ".git") == commit_hash(tree)
    git = ["git", "--git-dir", str(folder / ".git")]
    subprocess.run([*git, "fsck", "--strict", "--no-progress"], check=True, capture_output=True)


def test_a_known_tree_has_a_known_hash():
    """Instances carry this hash: whatever changes it makes every base_commit written before void."""
    tree = {"a.b/c": Blob("100755", b""), "a/b": Blob("120000", b"../a.b")}
    assert commit_hash(tree) == commit_hash(dict(reversed(tree.items())))
    assert commit_hash({"a": Blob("100644", b"a\n")}) == "cf39fa2b048c9e736b37428ad7f3c63e613aa61a"


PRISTINE = {
    "lib/core.py": "def one():\n    return 1\n",
    "lib/other.py": "X = 1\n",
    "tests/test_core.py": "from lib.core import one\n\n\ndef test_one():\n    assert one() == 1\n",
    "tests/test_hidden.py": "def test_hidden():\n    assert True\n",
    "crlf.txt": "a\r\nb\r\n",
    ".gitattributes": "* text=auto\n",
    ".gitignore": "ignored\n",
    "ignored": "kept all the same\n",
}
HIDDEN = "tests/test_hidden.py"


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())


def git_diff(root, path):
    command = ["git", "diff", "--no-index", "--no-color", f"base/{path}", f"e/source/{path}"]
    if not (root / "base" / path).exists():
        command[4] = "/dev/null"
    text = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False).stdout
    return text.replace(f"/base/{path}", f"/{path}").replace(f"/e/source/{path}", f"/{path}")


def ask(command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def made(tmp_path):
    """A pristine project, and an instance of it whose base lacks one whole test file."""
    write(tmp_path / "e" / "source", PRISTINE)
    (tmp_path / "e" / "packages").mkdir()
    base = {**PRISTINE, "lib/core.py": PRISTINE["lib/core.py"].replace("return 1", "return 2")}
    del base[HIDDEN]
    write(tmp_path / "base", base)
    instance = Instance(
        "a__b-1", "a/b", "1", base_commit_of(tmp_path / "base"), "", git_diff(tmp_path, "lib/core.py"),
        git_diff(tmp_path, HIDDEN), (f"{HIDDEN}::test_hidden",), (), "e", (HIDDEN,),
    )  # fmt: skip
    return tmp_path, instance


def test_a_layer_holds_what_differs_and_the_one_commit(made):
    root, instance = made
    layer = root / "layers" / "one"
    assert build_instance_layer(root / "e" / "source", instance, layer) == instance.base_commit
    files = sorted(
        path.relative_to(layer).as_posix() for path in layer.rglob("*") if ".git" not in path.parts
    )
    assert files == ["lib", "lib/core.py", "tests", "tests/test_hidden.py"]
    assert (layer / HIDDEN).is_char_device()
    git = ["git", "-C", str(layer)]
    log = ask([*git, "log", "--format=%H %an %ae %at %cn %ct", "--all"])
    who = "RepoDojo repodojo@example.invalid 946684800 RepoDojo 946684800"
    assert log == f"{instance.base_commit} {who}\n"
    names = ask([*git, "ls-tree", "-r", "--name-only", "HEAD"])
    assert set(names.split()) == PRISTINE.keys() - {HIDDEN}


def test_the_sandbox_shows_the_base_tree_and_a_clean_repository(made, overlay_sandboxes):
    root, instance = made
    spec = instance_sandbox_spec(instance, root, root / "layers")
    with overlay_sandboxes.start(spec) as sandbox:
        result = sandbox.execute(
            "git status --porcelain; cat lib/core.py; ls tests; git diff HEAD | wc -l", 30
        )
        assert result.text == "def one():\n    return 2\ntest_core.py\n0\n"
        sandbox.write("/tmp/p", (instance.patch + instance.test_patch).encode())
        sandbox.execute("git apply /tmp/p && git add -Af", 30)
        tree = sandbox.execute("git write-tree", 30).text.strip()
    command = ["git", "--git-dir", str(root / "whole.git"), "rev-parse", "main^{tree}"]
    write_repository(read_tree(root / "e" / "source"), root / "whole.git")
    assert tree == subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_layers_are_the_same_wherever_and_whenever_they_are_built(made, monkeypatch):
    root, instance = made
    monkeypatch.setenv("GIT_AUTHOR_NAME", "somebody")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    for name in ("one", "two"):
        build_instance_layer(root / "e" / "source", instance, root / name)
    command = "cd {} && find . -type f ! -name index -exec sha256sum {{}} + | sort"
    one, two = (
        subprocess.run(["sh", "-c", command.format(root / name)], capture_output=True, check=True).stdout
        for name in ("one", "two")
    )
    assert one == two


def test_a_layer_can_be_built_inside_another_repository(made):
    root, instance = made
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    layer = root / "layers" / "one"
    assert build_instance_layer(root / "e" / "source", instance, layer) == instance.base_commit
    assert "return 2" in (layer / "lib" / "core.py").read_text()


def test_many_callers_at_once_build_it_once(made):
    root, instance = made
    with ThreadPoolExecutor(8) as pool:
        specs = list(pool.map(lambda _: instance_sandbox_spec(instance, root, root / "layers"), range(8)))
    assert len({spec.layers for spec in specs}) == 1
    layer = specs[0].layers[0]
    assert sorted((root / "layers").iterdir()) == [layer, proof_of(layer)]


def test_a_layer_that_is_there_is_not_built_again(made):
    root, instance = made
    first = instance_sandbox_spec(instance, root, root / "layers").layers[0]
    before = first.stat().st_mtime_ns
    assert instance_sandbox_spec(instance, root, root / "layers").layers[0].stat().st_mtime_ns == before


def test_a_layer_of_an_environment_that_is_made_anew_is_built_again(made):
    """It used to stay: what another recipe adds beside the sources would be in every agent's diff."""
    root, instance = made
    first = instance_sandbox_spec(instance, root, root / "layers").layers[0]
    (first / "stale").touch()
    forget_layer(instance, root / "layers")
    again = instance_sandbox_spec(instance, root, root / "layers").layers[0]
    assert again == first
    assert not (again / "stale").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base_commit": "0" * 40}, "base_commit"),
        ({"patch": "garbage"}, "patch"),
        ({"test_patch": "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"}, "test_patch"),
    ],
)
def test_what_does_not_fit_is_named_and_leaves_nothing(made, change, message):
    root, instance = made
    with pytest.raises(BuildError, match=f"a__b-1.*{message}"):
        build_instance_layer(root / "e" / "source", replace(instance, **change), root / "layers" / "one")
    assert not list((root / "layers").iterdir())


def test_bytecode_of_the_repaired_code_is_refused(made):
    root, instance = made
    write(root / "e" / "source", {"lib/__pycache__/core.cpython-311.pyc": "x"})
    with pytest.raises(BuildError, match="bytecode"):
        build_instance_layer(root / "e" / "source", instance, root / "layers" / "one")


@pytest.mark.parametrize("folder", ["src", "lib"])
def test_a_project_in_a_folder_of_sources_is_importable_from_anywhere(tmp_path, overlay_sandboxes, folder):
    write(tmp_path / "p" / "source", {f"{folder}/thing/__init__.py": "print('imported')\n"})
    (tmp_path / "p" / "packages").mkdir()
    environment = Environment("p", "a/p", "1", "p/source", "p/packages", "", "train", ())
    with overlay_sandboxes.start(environment_sandbox_spec(environment, tmp_path)) as sandbox:
        assert sandbox.execute("cd /tmp && python -c 'import thing'", 30).text == "imported\n"
        assert sandbox.execute(f"ls -A /testbed/{folder}/thing", 30).text == "__init__.py\n"


def test_what_instances_share_is_mounted_before_what_each_has_of_its_own(tmp_path):
    """Docker kept a copy of the interpreter for each instance, whose image layer lay above its metadata."""
    files = {"packages/a.py": "", "metadata/b": "", "interpreter/prefix": "/opt/x", "interpreter/tree/c": ""}
    write(tmp_path, files)
    spec = sandbox_spec((tmp_path,), tmp_path)
    assert [mount.target for mount in spec.mounts] == ["/opt/x", "/opt/packages", "/opt/metadata"]
    assert spec.environment["PYTHONPATH"].endswith(":/opt/packages:/opt/metadata")
    assert spec.environment["PATH"].startswith("/opt/x/bin:")


def test_the_tree_of_a_folder_leaves_out_repositories_and_bytecode(tmp_path):
    write(tmp_path, {"a": "a", ".git/config": "x", "b/__pycache__/c.pyc": "x", "b/d.pyc": "x", "b/.git": "x"})
    Path(tmp_path, "link").symlink_to("b")
    assert read_tree(tmp_path).keys() == {"a", "link"}


def test_a_patch_that_renames_a_file_comes_off(tmp_path):
    """git lists a rename by its new name alone, so the base used to lack the file under its old name."""
    write(tmp_path / "e" / "source", {"lib/new.py": "A = 1\nB = 2\nC = 3\n", "keep.txt": "k\n"})
    write(tmp_path / "base", {"lib/old.py": "A = 1\nB = 2\nC = 4\n", "keep.txt": "k\n"})
    patch = (
        "diff --git a/lib/old.py b/lib/new.py\nsimilarity index 60%\nrename from lib/old.py\n"
        "rename to lib/new.py\n--- a/lib/old.py\n+++ b/lib/new.py\n@@ -1,3 +1,3 @@\n"
        " A = 1\n B = 2\n-C = 4\n+C = 3\n"
    )
    base = base_commit_of(tmp_path / "base")
    instance = Instance("a__b-2", "a/b", "1", base, "", patch, "", (), (), "e", ())
    layer = tmp_path / "layers" / "one"
    assert build_instance_layer(tmp_path / "e" / "source", instance, layer) == base
    assert (layer / "lib/new.py").is_char_device()
    assert (layer / "lib/old.py").read_text().endswith("C = 4\n")
