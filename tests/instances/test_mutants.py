import ast

from repodojo.grading.patches import parse_patch
from repodojo.instances.forgeries import forge_patches
from repodojo.instances.mutants import mutate_around
from repodojo.instances.splitting import make_patch

FIXED = """def f(a, b):
    if a < b:
        return a + 1
    return b - 1


def g(a):
    return a[1:]


def h(a):
    return a or None
"""
PATCH = make_patch({"m.py": FIXED.replace("a < b", "a > b").replace("a or", "a and")}, {"m.py": FIXED})


def test_mutants_lie_in_the_functions_that_the_repair_touches():
    found = mutate_around(PATCH, "m.py", FIXED, 6, seed=0)
    assert len(found) == 6
    assert {mutant.function for mutant in found[:2]} == {"f", "h"}, "functions take turns"
    assert {mutant.function for mutant in found} == {"f", "h"}
    for mutant in found:
        assert ast.dump(ast.parse(mutant.apply(FIXED))) != ast.dump(ast.parse(FIXED))
    assert mutate_around(PATCH, "m.py", FIXED, 6, seed=0) == found
    assert mutate_around(PATCH, "other.py", FIXED, 6, seed=0) == []
    assert mutate_around(PATCH, "m.py", FIXED, 0, seed=0) == []


def test_a_repair_that_only_removes_lines_touches_what_is_left():
    longer = FIXED.replace("    return a[1:]\n", "    a = a[1:]\n    return a[1:]\n")
    patch = make_patch({"m.py": longer}, {"m.py": FIXED})
    assert {mutant.function for mutant in mutate_around(patch, "m.py", FIXED, 3, seed=0)} == {"g"}


def test_forgeries_leave_the_bug_where_it_is():
    found = forge_patches("m.py", FIXED, ("t.py::a", "t.py::b[it's]"))
    assert len(found) == 6
    for name, patch in found.items():
        (file,) = parse_patch(patch)
        added = [line[1:] for line in file.text.splitlines() if line[:1] == "+" and line[:3] != "+++"]
        assert compile("\n".join(added), name, "exec")
        assert not [line for line in file.text.splitlines() if line[:1] == "-" and line[:3] != "---"]
    assert "t.py::b[it's]" in found["prints_a_summary"]
