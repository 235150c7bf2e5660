import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.base_model.substitution import Edit, sed_command, undo_pattern
from repodojo.policies.repairs.operators import find_changes, find_default_changes
from repodojo.policies.repairs.source import blot


def changed(line: str) -> set[str]:
    code = blot(["def f():", line])[1]
    find = find_default_changes if line.startswith("def ") else find_changes
    return {line[: c.start] + c.new + line[c.end :] for c in find(code, line)}


@pytest.mark.parametrize(
    ("line", "repaired"),
    [
        ("    if a < b:", "    if a <= b:"),
        ("    if a >= b:", "    if a < b:"),
        ("    if a == b:", "    if a != b:"),
        ("    if a and b:", "    if a or b:"),
        ("    if a in b:", "    if a not in b:"),
        ("    return [x for x in y if x not in z]", "    return [x for x in y if x in z]"),
        ("    if a is None:", "    if a is not None:"),
        ("    return a - b", "    return a + b"),
        ("    return a//b", "    return a%b"),
        ("    x = n - 1", "    x = n"),
        ("    for i in range(n):", "    for i in range(n + 1):"),
        ("    x += 1", "    x -= 1"),
        ("    return x[1]", "    return x[0]"),
        ("    return x[0]", "    return x[-1]"),
        ("    return x[-1]", "    return x[0]"),
        ("    return x[:n]", "    return x[n:]"),
        ("    return x[2:]", "    return x[:2]"),
        ("    y = sorted(x, reverse=True)", "    y = sorted(x, reverse=False)"),
        ("def f(a, b=True):", "def f(a, b=False):"),
        ("def f(a, b=2):", "def f(a, b=3):"),
        ("def f(a: int = 2, *, b: bool = False) -> int:", "def f(a: int = 2, *, b: bool = True) -> int:"),
        ("    if not a:", "    if a:"),
        ("    if a:", "    if not a:"),
        ("    while a and f(b):", "    while a and not f(b):"),
        ("    return min(a, b)", "    return max(a, b)"),
        ("    return any(x)", "    return all(x)"),
        ("    if s.startswith('a'):", "    if s.endswith('a'):"),
        ("    return s.lower()", "    return s.upper()"),
        ("    s = s.lstrip()", "    s = s.rstrip()"),
        ("    return f(a, b)", "    return f(b, a)"),
        ("    return f(x, a.b, 'c d')", "    return f(x, 'c d', a.b)"),
        ("        break", "        continue"),
        ("    return a & b", "    return a | b"),
    ],
)
def test_knows_the_repair(line: str, repaired: str) -> None:
    assert repaired in changed(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "    # a < b",
        "    'a < b and c'",
        "from a import b",
        "@decorator(1)",
        "class A(B):",
        "def f(a, b):",
        "    f(*args)",
        "    f(**keywords)",
        "    pass",
        "    s = 'text'",
    ],
)
def test_leaves_alone(line: str) -> None:
    assert changed(line) == set()


def test_leaves_what_only_looks_like_an_operator() -> None:
    assert "    return +x" not in changed("    return -x")
    assert changed("    for x in y:") == set()
    assert changed("def f(a: int = 1) -> int:") == {"def f(a: int = 2) -> int:", "def f(a: int = 0) -> int:"}


LINES = st.lists(
    st.sampled_from(
        [
            "a",
            " ",
            "if ",
            "<",
            "==",
            "(",
            ")",
            "[",
            "]",
            ":",
            "-",
            "+",
            "*",
            "1",
            "0",
            ", ",
            "not ",
            "in ",
            "'s'",
        ]
    ),
    max_size=14,
).map("".join)


@given(LINES)
def test_every_change_is_a_new_line_and_strings_stay(line: str) -> None:
    for new in changed(line):
        assert new != line
        assert new.count("'s'") == line.count("'s'")


@given(LINES, st.randoms())
def test_sed_makes_exactly_the_change(line: str, random: object) -> None:
    changes = list(find_changes(blot(["def f():", line])[1], line))
    if not changes:
        return
    change = random.choice(changes)
    pair = undo_pattern(Edit(0, change.start, change.new, line[change.start : change.end]), line)
    if pair is None or "'" in pair[0] + pair[1]:
        return
    script = sed_command(1, *pair, "-").split("'")[1]
    made = subprocess.run(["sed", script], input=line, capture_output=True, text=True, check=True).stdout
    assert made == line[: change.start] + change.new + line[change.end :]
