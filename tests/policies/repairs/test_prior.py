from repodojo.policies.repairs.issue import Issue
from repodojo.policies.repairs.operators import Change
from repodojo.policies.repairs.prior import change_score


def score(kind: str, actual: str, expected: str, line: str = "", following: str = "", rank: int = 0) -> float:
    return change_score(Issue("", "f(1)", actual, expected), Change(kind, 0, 0, "", rank), line, following)


def test_likelier_alternatives_come_first() -> None:
    assert score("order", "1", "2", rank=0) > score("order", "1", "2", rank=1)


def test_kinds_that_fit_the_difference_are_likelier() -> None:
    assert score("arithmetic", "3", "-1") > score("arithmetic", "True", "False")
    assert score("boolean", "True", "False") > score("boolean", "3", "-1")
    assert score("twin", "'AB'", "'ab'") > score("twin", "'ab'", "'xyz'")
    assert score("added_up", "'c'", "'a-c'") > score("added_up", "'a-c'", "'c'")


def test_a_lost_return_shows_as_none() -> None:
    assert score("returned", "None", "3") > score("arithmetic", "None", "3") > score("returned", "2", "3")


def test_the_exceptions_kind_and_text_count() -> None:
    operands = "TypeError: unsupported operand type(s) for -: 'str' and 'str'"
    assert score("arithmetic", operands, "'a'") > score("arithmetic", "TypeError: no", "'a'")
    assert score("number", "IndexError: out", "1") > score("number", "KeyError: 1", "1")


def test_a_guard_counts_where_the_issue_tells_its_exception() -> None:
    guard = ("if a < 1:", "    raise ValueError('no')")
    told = score("order", "ValueError: no", "1", *guard)
    assert told > score("order", "ValueError: no", "1") > score("order", "KeyError: no", "1", *guard)


def test_words_of_the_issue_in_a_line_count() -> None:
    assert score("number", "'es'", "'s'", "x = 'es'") > score("number", "'es'", "'s'", "x = 'zz'")
