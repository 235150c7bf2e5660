import ast
import difflib
import inspect
import string
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.errors import InputError
from repodojo.instances.injection import combine_bugs, remove_functions, reverse_fix

LINES = range(1, 1000)
FIXED = '''import re


def other(a):
    return a


def g(a, b=2):
    """Say é."""
    if a is None:
        return b
    total = a + b
    return total
'''


def patch_of(old, new, path="m.py"):
    lines = difflib.unified_diff(old.splitlines(True), new.splitlines(True), f"a/{path}", f"b/{path}")
    return f"diff --git a/{path} b/{path}\n" + "".join(lines)


def test_two_bugs_are_put_into_one_function():
    text = inspect.getsource(textwrap)
    found = combine_bugs(text, "m.py", LINES, 0, 2)
    assert len(found) > 8
    for mutation in found:
        changed = mutation.apply(text)
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(text))
        blocks = difflib.SequenceMatcher(None, mutation.old, mutation.new, autojunk=False).get_opcodes()
        assert sum(block[0] != "equal" for block in blocks) >= 2 or "\n" in mutation.old
        assert len(mutation.lines) >= 2
        assert text.encode()[mutation.start : mutation.end].decode() == mutation.old
    assert combine_bugs(text, "m.py", LINES, 0, 2) == found
    assert combine_bugs(text, "m.py", (), 0, 2) == []


def test_a_function_loses_all_but_its_docstring():
    (mutation,) = remove_functions(FIXED, "m.py", {12})
    assert mutation.function == "g"
    assert mutation.apply(FIXED) == FIXED[: FIXED.index("    if a is")] + "    raise NotImplementedError\n"
    assert mutation.lines == (10, 12, 13)
    assert remove_functions(FIXED, "m.py", {5, 9}) == [], (
        "one statement says nothing, a docstring does not run"
    )


@pytest.mark.parametrize(
    "text",
    [
        "def f(a): x = 1; return x\n",
        "def f(a):\n    return a\n",
        "def f(a):\n    '''Docs.'''\n",
        "def f(a):\n    '''Docs.'''; x = 1; return x\n",
    ],
)
def test_what_has_no_body_of_its_own_lines_stays(text):
    assert remove_functions(text, "m.py", LINES) == []


def test_the_decorator_of_a_nested_function_goes_with_it():
    text = "class C:\n\tdef f(self):\n\t\t@cache\n\t\tdef g():\n\t\t\treturn 1\n\t\treturn g"
    (mutation,) = remove_functions(text, "m.py", LINES)
    assert mutation.apply(text) == "class C:\n\tdef f(self):\n\t\traise NotImplementedError\n"


def test_a_fix_is_taken_back():
    faulty = FIXED.replace("    if a is None:\n        return b\n", "")
    mutation = reverse_fix(patch_of(faulty, FIXED), {"m.py": FIXED})
    assert mutation.apply(FIXED) == faulty
    assert (mutation.function, mutation.lines) == ("g", (10, 11))
    assert (mutation.old, mutation.new) == ("    if a is None:\n        return b\n", "")


def test_a_fix_is_found_where_it_has_moved_to_and_its_surroundings_have_changed():
    faulty = FIXED.replace("a + b", "a - b")
    today = "# new\n" * 30 + FIXED.replace("    return total\n", "    return total or None\n")
    mutation = reverse_fix(patch_of(faulty, FIXED), {"m.py": today})
    assert mutation.apply(today) == today.replace("a + b", "a - b")


def test_hunks_that_stand_in_another_order_today_are_taken_back_each_in_its_place():
    """The second hunk went to where it would have been, had the first stood before it."""
    one, two = "def a():\n    x = 1\n    y = 2\n    return x\n", "def b():\n    z = 3\n    return z\n"
    gap = "".join(f"C{n} = {n}\n" for n in range(9))
    faulty_one, faulty_two = one.replace("    y = 2\n", ""), two.replace("3", "4")
    patch = patch_of(faulty_one + gap + faulty_two, one + gap + two)
    today = two + gap + one
    assert reverse_fix(patch, {"m.py": today}).apply(today) == faulty_two + gap + faulty_one


def test_a_form_feed_ends_no_line():
    """Python's ``splitlines`` ends one there, and the lines after it were numbered one too high."""
    today = "\x0c\n" + FIXED
    mutation = reverse_fix(patch_of(FIXED.replace("a + b", "a - b"), FIXED), {"m.py": today})
    line = today.split("\n").index("    total = a + b") + 1
    assert mutation.lines == (line,)
    assert mutation.apply(today) == today.replace("a + b", "a - b")


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        (patch_of("x\n", "y\n") + patch_of("x\n", "y\n", "n.py"), "not_one_module"),
        (patch_of("x\n", "y\n", "tests/m.py"), "not_one_module"),
        (patch_of("x\n", "y\n", "n.py"), "module_gone"),
        ("diff --git a/m.py b/m.py\nnew file mode 100644\n--- /dev/null\n+++ b/m.py\n", "not_an_edit"),
        ("diff --git a/o.py b/m.py\nrename from o.py\nrename to m.py\n", "not_an_edit"),
        (patch_of(FIXED, FIXED.replace("a + b", "a * b")), "code_has_changed"),
        (patch_of(FIXED.replace("import re", "import os"), FIXED), "outside_functions"),
        (patch_of(FIXED.replace("a + b", "a + b  # sum"), FIXED), "no_code"),
        (patch_of(FIXED.replace("a + b", "a +"), FIXED), "does_not_parse"),
        ("diff --git a/../m.py b/../m.py\n--- a/../m.py\n+++ b/../m.py\n", "not inside the repository"),
    ],
)
def test_a_fix_that_cannot_be_taken_back_says_why(patch, reason):
    with pytest.raises(InputError, match=reason):
        reverse_fix(patch, {"m.py": FIXED})


EXPRESSIONS = st.lists(
    st.sampled_from([f"x = {c}" for c in string.ascii_lowercase[:5]]), min_size=1, max_size=9
)


@given(EXPRESSIONS, EXPRESSIONS)
def test_taking_a_fix_back_undoes_it(old, new):
    before, after = ("def f():\n" + "".join(f"    {line}\n" for line in lines) for lines in (old, new))
    if before == after:
        return
    assert reverse_fix(patch_of(before, after), {"m.py": after}).apply(after) == before


@given(st.text())
def test_any_patch_is_taken_back_or_refused(text):
    for patch in (
        text,
        patch_of("x\n", "y\n") + text,
        "diff --git a/m.py b/m.py\n--- a/m.py\n+++ b/m.py\n" + text,
    ):
        try:
            reverse_fix(patch, {"m.py": FIXED})
        except InputError:
            continue
