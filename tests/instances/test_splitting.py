import ast
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.errors import BuildError
from repodojo.instances.splitting import cut_functions, functions_of, make_patch

TESTS = '''import unittest

import pytest

if True:
    def test_conditional():
        assert 1


# says what the next one hides
@pytest.mark.parametrize(
    "x", [1, 2]
)
def test_cases(x):
    assert x


def test_twice():
    assert 1


def test_kept():
    assert 2


class TestGroup(unittest.TestCase):
    """Of tests."""

    def test_one(self):
        self.assertTrue(1)

    def test_two(self):
        self.assertTrue(2)


class TestAlone:
    def test_only(self):
        assert 3


def test_twice():
    assert 0
'''


def test_ids_become_functions_by_file():
    ids = ["t/a.py::test_x[a::b]", "t/a.py::test_x[c]", "t/a.py::TestA::test_y", "b.py::test_z"]
    assert functions_of(ids) == {
        "t/a.py": frozenset({"test_x", "TestA.test_y"}),
        "b.py": frozenset({"test_z"}),
    }
    with pytest.raises(BuildError, match="not the id of a test function"):
        functions_of(["t/a.py"])


def test_a_parametrised_test_goes_with_its_decorators_and_its_comment():
    cut = cut_functions(TESTS, ["test_cases"])
    assert "parametrize" not in cut
    assert "hides" not in cut
    assert "def test_twice" in cut


def test_every_definition_of_a_name_goes_so_that_none_is_uncovered():
    assert "test_twice" not in cut_functions(TESTS, ["test_twice"])


def test_a_method_goes_and_its_class_stays():
    cut = cut_functions(TESTS, ["TestGroup.test_one"])
    assert "test_one" not in cut
    assert "def test_two" in cut


def test_what_would_be_empty_holds_pass():
    cut = cut_functions(TESTS, ["TestAlone.test_only", "test_conditional"])
    compile(cut, "t.py", "exec")
    assert "class TestAlone:\n    pass\n" in cut
    assert "if True:\n    pass\n" in cut


def test_what_is_used_elsewhere_or_missing_is_refused():
    with pytest.raises(BuildError, match="used by what stays"):
        cut_functions(TESTS + "\n\ntest_again = test_kept\n", ["test_kept"])
    with pytest.raises(BuildError, match="test_inherited: not defined"):
        cut_functions(TESTS, ["TestGroup.test_inherited"])


NAMES = [
    "test_conditional",
    "test_cases",
    "test_twice",
    "test_kept",
    "TestGroup.test_one",
    "TestGroup.test_two",
]


@given(st.sets(st.sampled_from([*NAMES, "TestAlone.test_only"]), min_size=1))
def test_any_selection_leaves_a_file_that_imports_and_keeps_the_others(names: set[str]):
    cut = cut_functions(TESTS, names)
    exec(compile(cut, "t.py", "exec"), {"__name__": "t"})
    left = {node.name for node in ast.walk(ast.parse(cut)) if isinstance(node, ast.FunctionDef)}
    every = {name.rpartition(".")[2] for name in [*NAMES, "TestAlone.test_only"]}
    assert left == every - {name.rpartition(".")[2] for name in names}


LINES = st.lists(st.sampled_from(["a", "b", "", " c\r", "\x0cd", "é"]), max_size=12)


@given(LINES, LINES, st.booleans(), st.booleans())
def test_git_turns_the_old_text_into_the_new_one(tmp_path_factory, old, new, old_ends, new_ends):
    before, after = ("\n".join(lines) + "\n" * ends for lines, ends in ((old, old_ends), (new, new_ends)))
    patch = make_patch({"d/f.txt": before}, {"d/f.txt": after})
    if before == after:
        assert patch == ""
        return
    folder = tmp_path_factory.mktemp("patch")
    (folder / "d").mkdir()
    (folder / "d" / "f.txt").write_bytes(before.encode())
    subprocess.run(["git", "apply", "-"], cwd=folder, input=patch.encode(), check=True)
    assert (folder / "d" / "f.txt").read_bytes() == after.encode()
