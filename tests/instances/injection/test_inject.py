import ast
import fnmatch
import inspect
import shlex
import textwrap
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.instances.injection import KINDS, find_mutations, inject_bugs

EXAMPLES = {
    "comparison": ("if a < b: return 1", "if a <= b: return 1"),
    "membership": ("if a in b: return 1", "if a not in b: return 1"),
    "boolean_operator": ("return a and  b", "return a or  b"),
    "arithmetic_operator": ("return (a) + (b)", "return (a) - (b)"),
    "augmented_assignment": ("a += b", "a -= b"),
    "dropped_operand": ("return a or b", "return a"),
    "removed_negation": ("return not (a or b)", "return (a or b)"),
    "added_negation": ("if a: return b", "if not a: return b"),
    "off_by_one": ("return a[1]", "return a[2]"),
    "wrong_constant": ("return True", "return False"),
    "changed_string": ("return a + 'ab'", "return a + 'a'"),
    "wrong_pattern": (r"return re.sub(r'\d+', a, b)", r"return re.sub(r'\d*', a, b)"),
    "slice_bound": ("return a[1:b]", "return a[1:b - 1]"),
    "swapped_arguments": ("return f(a,  b)", "return f(b,  a)"),
    "wrong_method": ("return a.lstrip(b)", "return a.rstrip(b)"),
    "missing_call": ("return sorted(a)", "return a"),
    "dropped_keyword": ("return f(a, key=b)", "return f(a)"),
    "wrong_variable": ("return a", "return b"),
    "removed_statement": ("a.append(1)\n    return a", "return a"),
    "removed_guard": ("if a:\n        return b\n    return a", "return a"),
    "wrong_return": ("return f(a)", "f(a)"),
    "swapped_branches": ("return a if f(b) else b", "return b if f(b) else a"),
    "loop_control": ("for a in b:\n        break", "for a in b:\n        continue"),
    "narrowed_except": (
        "try:\n        f(a)\n    except (KeyError, ValueError):\n        return b",
        "try:\n        f(a)\n    except ValueError:\n        return b",
    ),
    "wrong_default": (None, None),
}
MODULES = [textwrap, shlex, fnmatch]


def module(body: str) -> str:
    return f"import re\n\n\ndef g(a, b=2):  # keeps   its spaces\n    {body}\n"


def test_every_kind_has_an_example():
    assert set(EXAMPLES) == set(KINDS)
    assert len(KINDS) >= 12


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "wrong_default"])
def test_a_kind_makes_its_bug_and_nothing_else(kind: str):
    before, after = (module(body) for body in EXAMPLES[kind])
    found = {m.apply(before) for m in find_mutations(before, "m.py") if m.kind == kind}
    assert after in found


def test_a_default_changes():
    before = module("return a + b")
    found = [m for m in find_mutations(before, "m.py") if m.kind == "wrong_default"]
    assert [m.apply(before) for m in found] == [before.replace("b=2", "b=3")]
    assert found[0].lines == (5,), "the body's line must run for the bug to show, not the def's"


@pytest.mark.parametrize("source", MODULES, ids=lambda m: m.__name__)
@pytest.mark.parametrize("seed", [0, 1])
def test_chosen_bugs_parse_differ_and_touch_one_place(source, seed: int):
    text = inspect.getsource(source)
    lines = range(1, text.count("\n") + 2)
    chosen = inject_bugs(text, "m.py", lines, seed, per_function=3)
    assert len(chosen) > 10
    trees = set()
    for mutation in chosen:
        changed = mutation.apply(text)
        tree = ast.dump(ast.parse(changed))
        assert tree not in trees
        trees.add(tree)
        data = text.encode()
        assert changed.encode() == data[: mutation.start] + mutation.new.encode() + data[mutation.end :]
        assert data[mutation.start : mutation.end].decode() == mutation.old
    assert ast.dump(ast.parse(text)) not in trees
    assert max(Counter(m.function for m in chosen).values()) <= 3
    assert inject_bugs(text, "m.py", lines, seed, per_function=3) == chosen


def test_seeds_choose_differently():
    text = inspect.getsource(textwrap)
    lines = range(1, 1000)
    assert inject_bugs(text, "m.py", lines, 0, 2) != inject_bugs(text, "m.py", lines, 1, 2)


@given(st.sets(st.integers(1, 500), max_size=40))
def test_only_allowed_lines_change(lines: set[int]):
    text = inspect.getsource(textwrap)
    for mutation in inject_bugs(text, "m.py", lines, 0, per_function=2):
        assert lines.intersection(mutation.lines)


def test_kinds_stay_balanced_over_modules():
    used: Counter[str] = Counter()
    for source in MODULES:
        text = inspect.getsource(source)
        inject_bugs(text, "m.py", range(1, 1000), 0, per_function=3, used=used)
    assert used["wrong_variable"] < sum(used.values()) / 8
    assert len(used) >= 20


def test_positions_are_right_behind_characters_of_several_bytes():
    before = "def g(a):\n    return 'é' + a[1:]  # ñ\n"
    found = {m.apply(before) for m in find_mutations(before, "m.py")}
    assert "def g(a):\n    return 'é' + a[2:]  # ñ\n" in found


def test_docstrings_annotations_decorators_and_f_strings_are_left_alone():
    before = (
        'class C:\n    @wraps(1)\n    def g(self, a: "x" = None) -> list[1]:\n'
        '        """One 1."""\n        return f"{a + 1}"\n'
    )
    assert {m.kind for m in find_mutations(before, "m.py")} <= {"wrong_default"}
