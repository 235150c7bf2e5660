"""What is kept of a model's patch."""

import string
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.errors import InputError
from repodojo.grading.patches import (
    admissible_patch,
    is_protected,
    parse_patch,
    patch_digest,
    touched_paths,
)

NAMES = st.text(string.ascii_letters + string.digits + '_- .ü"\\\t', min_size=1, max_size=10).filter(
    lambda name: name.strip(" .") == name and name.lower() != ".git"
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
CONTENTS = st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode())


def real_diff(folder, old, new):
    """Let git itself make the patch from one tree to another."""

    def git(*arguments):
        environment = {"PATH": "/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": "/nonexistent"}
        command = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@x", *arguments]
        return subprocess.run(command, capture_output=True, check=True, env=environment).stdout

    def write(tree):
        for path, content in tree.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        git("add", "-Af")

    git("init", "-q")
    write(old)
    git("commit", "-q", "--allow-empty", "-m", "old")
    for path in old:
        (folder / path).unlink()
    write(new)
    return git("diff", "--cached", "--binary", "HEAD").decode("utf-8", errors="surrogateescape")


def clash(paths):
    return any(one != two and two.startswith(one + "/") for one in paths for two in paths)


@given(st.dictionaries(PATHS, CONTENTS, max_size=4), st.dictionaries(PATHS, CONTENTS, max_size=4))
def test_every_path_of_a_real_patch_is_found_and_nothing_is_lost(tmp_path_factory, old, new):
    if clash(old.keys() | new.keys()):
        return
    patch = real_diff(tmp_path_factory.mktemp("tree"), old, new)
    changed = {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
    files = parse_patch(patch)
    assert "".join(file.text for file in files) == patch
    assert touched_paths(patch) == changed
    renamed = {file.new_path for file in files if file.old_path != file.new_path}
    assert {
        path for file in files if file.created for path in file.paths
    } == new.keys() - old.keys() - renamed


@given(st.text())
def test_any_text_is_read_or_refused(text):
    for patch in (text, "diff --git " + text, "diff --git a/x b/x\n" + text):
        try:
            parse_patch(patch)
        except InputError:
            continue


def modify(path, text="x"):
    return f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-{text}\n+y\n"


def create(path, mode=100644):
    head = f"diff --git a/{path} b/{path}\nnew file mode {mode}\n--- /dev/null\n+++ b/{path}\n"
    return f"{head}@@ -0,0 +1 @@\n+y\n"


def move(old, new):
    return f"diff --git a/{old} b/{new}\nsimilarity index 100%\nrename from {old}\nrename to {new}\n"


def remove(path):
    head = f"diff --git a/{path} b/{path}\ndeleted file mode 100644\n--- a/{path}\n+++ /dev/null\n"
    return f"{head}@@ -1 +0,0 @@\n-x\n"


QUOTED = '"a/\\056\\056/x"', '"b/\\056\\056/x"'


@pytest.mark.parametrize(
    "patch",
    [
        modify("/etc/passwd"),
        modify("../outside"),
        modify("a/../../outside"),
        modify("a//b"),
        modify(".git/hooks/pre-commit"),
        modify("sub/.git/config"),
        modify(".GIT/config"),
        create("link", 120000),
        modify("link").replace("\n---", "\nindex 1234567..1234567 120000\n---", 1),
        "diff --git a/f b/f\nold mode 100644\nnew mode 120000\n",
        create("sub", 160000),
        "diff --git {0} {1}\n--- {0}\n+++ {1}\n@@ -1 +1 @@\n-a\n+b\n".format(*QUOTED),
        move("x", "../x"),
        "diff --git a/x b/x\n--- x\n+++ y\n@@ -1 +1 @@\n-a\n+b\n",
        "diff --git nonsense\n",
        "diff --git a/one b/other\nold mode 100644\nnew mode 100755\n",
    ],
)
def test_a_dangerous_patch_is_refused_as_a_whole(patch):
    with pytest.raises(InputError):
        admissible_patch(modify("fine.py") + patch, "", "", ())


def test_a_patch_of_50_mb_is_read():
    text = "x" * 25_000_000
    patch = modify("m.py", text) + create("tests/test_m.py") + modify("n.py", text)
    assert [file.new_path for file in parse_patch(patch)] == ["m.py", "tests/test_m.py", "n.py"]
    assert admissible_patch(patch, "", "", ()) == modify("m.py", text) + modify("n.py", text)


def test_binary_files_renames_and_modes_are_read():
    binary = (
        "diff --git a/i.png b/i.png\nnew file mode 100644\nindex 0000000..e69de29\n"
        "GIT binary patch\nliteral 3\nKcmZ<0#lQdp\n\nliteral 0\nHcmV?d00001\n\n"
    )
    mode = "diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n"
    patch = binary + move("a.py", "b.py") + mode
    assert [sorted(file.paths) for file in parse_patch(patch)] == [["i.png"], ["a.py", "b.py"], ["run.sh"]]
    assert admissible_patch(patch, "", "", ()) == patch


DROPPED = [
    modify("conftest.py"),
    create("deep/down/conftest.py"),
    modify("tests/test_a.py"),
    create("tests/helpers.py"),
    modify("package/tests/data.json"),
    create("test_new.py"),
    create("package/module_test.py"),
    create("pytest.ini"),
    create(".pytest.ini"),
    modify("tox.ini"),
    modify("setup.cfg"),
    modify("pyproject.toml"),
    create("sitecustomize.py"),
    create("src/usercustomize.py"),
    create("package/evil.pth"),
    create("package/__pycache__/module.cpython-311.pyc"),
    create("random.py"),
    create("src/json/__init__.py"),
    create("pytest.py"),
    create("_pytest/runner.py"),
    modify("docs/checks.txt"),
    move("tests/test_a.py", "old.py"),
    "diff --git a/tests/test_a.py b/tests/test_a.py\nold mode 100644\nnew mode 100755\n",
    remove("tests/test_a.py"),
]
KEPT = [
    modify("package/module.py"),
    create("package/random.py"),
    modify("random_things.py"),
    create("README"),
    modify("package/contest.py"),
    modify("package/testing_ground.py"),
    create("attest.py"),
    modify("json.py"),
    modify("setup.py"),
]


@pytest.mark.parametrize("dropped", DROPPED)
def test_tests_and_what_configures_them_are_dropped(dropped):
    patch = admissible_patch(
        KEPT[0] + dropped + KEPT[2], "", modify("docs/checks.txt"), ["tests/test_a.py"], {"pytest", "_pytest"}
    )
    assert patch == KEPT[0] + KEPT[2]


@pytest.mark.parametrize("kept", KEPT)
def test_the_projects_own_files_are_kept(kept):
    assert admissible_patch(kept, "", "", ["tests/test_a.py"], {"pytest"}) == kept


def test_what_the_gold_patch_changes_is_kept():
    patch = modify("setup.cfg")
    assert admissible_patch(patch, modify("setup.cfg"), "", ()) == patch


@given(st.permutations(DROPPED[:8]), st.permutations(KEPT))
def test_what_is_kept_does_not_depend_on_its_neighbours(dropped, kept):
    mixed = [text for pair in zip(dropped, kept, strict=False) for text in pair] + kept[len(dropped) :]
    assert admissible_patch("".join(mixed), "", "", ["tests/test_a.py"], {"pytest"}) == "".join(kept)


def test_a_missing_final_newline_is_added():
    assert admissible_patch(modify("a.py").rstrip("\n"), "", "", ()) == modify("a.py")


def test_text_around_a_patch_is_not_a_patch():
    assert admissible_patch("Here is my patch:\n", "", "", ()) == ""


@pytest.mark.parametrize(
    ("path", "expected"), [("tests/x", True), ("src/test.py", True), ("latest/x.py", False)]
)
def test_protection_goes_by_whole_names(path, expected):
    assert is_protected(path) is expected


def test_digests_tell_patches_apart():
    assert patch_digest(modify("a.py")) == patch_digest(modify("a.py"))
    assert len({patch_digest(text) for text in KEPT}) == len(KEPT)


HIDDEN = "--- a/m.py\n+++ b/tests/test_m.py\n@@ -1 +1 @@\n-assert f() == 2\n+assert True\n"
PLAIN = (
    "diff --git a/m.py b/m.py\n--- a/m.py\n+++ b/m.py\n"
    "@@ -1,2 +1,2 @@\n def f():\n-    return 1\n+    return 2\n"
)


@pytest.mark.parametrize("between", ["", "\n", "\\ No newline at end of file\n", "Index: x\n"])
def test_a_file_hidden_behind_the_hunks_of_another_is_refused(between: str) -> None:
    """`git apply` takes a plain ``---``/``+++`` pair too, which used to carry changed tests along."""
    with pytest.raises(InputError, match="another file follows"):
        admissible_patch(PLAIN + between + HIDDEN, "", "", ["tests/test_m.py"])


def test_lines_that_look_like_a_file_inside_a_hunk_are_content() -> None:
    patch = PLAIN.replace("@@ -1,2 +1,2 @@", "@@ -1,3 +1,3 @@").replace(
        "+    return 2\n", "+    return 2\n--- a/m.py\n+++ b/m.py\n"
    )
    assert admissible_patch(patch, "", "", []) == patch


def test_a_carriage_return_does_not_hide_a_protected_path() -> None:
    """Git drops it, so that ``conftest.py`` followed by one used to be kept."""
    patch = PLAIN.replace("m.py", "conftest.py").replace(".py\n", ".py\r\n")
    assert admissible_patch(patch, "", "", []) == ""
