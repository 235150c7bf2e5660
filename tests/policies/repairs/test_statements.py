import pytest

from repodojo.policies.repairs.source import blot
from repodojo.policies.repairs.statements import find_statement_changes


def changed(*lines: str) -> set[str]:
    source = ["def f(a):", *lines]
    code = dict(enumerate(blot(source)))
    changes = find_statement_changes(tuple(code), code)
    return {source[n][: c.start] + c.new + source[n][c.end :] for n, c in changes}


def test_an_expression_may_have_been_returned() -> None:
    assert changed("    len(a)") == {"    return len(a)"}
    assert changed("    a.b[0]", "    x = 1") == {"    return a.b[0]"}
    assert changed("    g(", "        a,", "    )") == {"    return g("}


@pytest.mark.parametrize(
    "line",
    [
        "    return g(a)",
        "    a.append(1)",
        "    raise E(a)",
        "    print(a)",
        "    for x in g(a):",
        "    'text'",
        "    pass",
    ],
)
def test_a_statement_that_acts_is_left_alone(line: str) -> None:
    assert changed(line) == set()


def test_a_second_assignment_may_have_added_up() -> None:
    assert changed("    x = 0", "    for y in a:", "        x = y") == {"        x += y"}
    assert changed("    x = 0", "    y = 1") == set()
    assert changed("    x += 1", "    x = 2") == {"    x += 2"}
    assert changed("    x = (", "        x == 1)") == set()
