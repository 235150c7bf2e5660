import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.environments.probe.literals import is_literal, read_arguments, render_call
from repodojo.environments.probe.replay_calls import replay, short, show

MISSING = object()
LITERALS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def call_text(function, *args, **kwargs):
    """Return how the call of a function whose body is ``return frame()`` would be written."""
    frame = function(*args, **kwargs)
    return render_call(function, function.__code__, read_arguments(frame), 0)


def plain(a, b=2, *, c="x", d=MISSING):
    return inspect.currentframe()


def starred(a, b=2, *rest, **named):
    return inspect.currentframe()


def positional(a, b=1, /, c=2):
    return inspect.currentframe()


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "text"),
    [
        (plain, (1,), {}, "1"),
        (plain, ("a", 3), {"c": "y"}, "'a', 3, c='y'"),
        (plain, (1, 2), {"c": "x"}, "1"),
        (plain, (MISSING,), {}, None),
        (plain, (1,), {"d": []}, "1, d=[]"),
        (starred, (1, 2, 3), {"k": (4,)}, "1, 2, 3, k=(4,)"),
        (starred, (1,), {}, "1"),
        (positional, (0, 1, 3), {}, "0, c=3"),
        (positional, (0, 5), {}, "0, 5"),
    ],
)
def test_calls_are_written_as_a_caller_would(function, args, kwargs, text):
    assert call_text(function, *args, **kwargs) == text


@given(LITERALS)
def test_a_literal_reads_back(value):
    assert is_literal(value)
    assert eval(repr(value)) == value


@pytest.mark.parametrize("value", [object(), float("nan"), [[[[[1]]]]], set(), {1: MISSING}, type])
def test_what_does_not_read_back_is_no_literal(value):
    assert not is_literal(value)


def test_what_is_shown_has_one_line_and_no_address():
    assert show(iter([1, 2])) == ("list", "[1, 2]")
    assert show(object()) == ("", None)
    assert show("a\nb") == ("", "'a\\nb'")
    assert show(map(str, range(10**9))) == ("", None)
    assert short("x" * 1000) is None


def test_an_exception_shows_as_the_last_line_of_its_traceback():
    found = replay({"module": "json", "name": "loads", "expression": "loads('{')"}, None, 5.0)
    assert found["raised"]
    assert found["shown"].startswith("json.decoder.JSONDecodeError: Expecting property name")


def test_a_call_that_never_ends_is_stopped():
    endless = "all(iter(int, 1) if 0 else iter(lambda: 1, 0))"
    found = replay({"module": "builtins", "name": "all", "expression": endless}, None, 0.1)
    assert (found["shown"], found["raised"]) == (None, True)
