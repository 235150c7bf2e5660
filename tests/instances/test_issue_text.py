import re
from dataclasses import replace

import pytest

from repodojo.environments.build_records import RecordedCall
from repodojo.instances.injection import Mutation
from repodojo.instances.issue_text import (
    Symptom,
    find_leaks,
    find_symptom,
    names_function,
    names_module,
    order_calls,
    write_issue,
)

SYMPTOM = Symptom("inflection", "pluralize", "pluralize('axis')", "'axises'", "'axes'", False, False)
CALL = RecordedCall("pkg", "f", "f(1)", "pkg/core.py", "f", "2", False, {"pkg/core.py": "3-5"})
MUTATION = Mutation("off_by_one", "pkg/core.py", "f", (4,), 10, 11, "1", "2")
SHAPE = re.compile(
    r".+\n\n```python\nfrom \S+ import \S+\nprint\(repr\((.+)\)\)\n```\n\nIt prints:\n\n```\n(.+)\n```\n\n"
    r"It should print:\n\n```\n(.+)\n```\n"
)


def outcome(shown, raised=False, wrap=""):
    return {"shown": shown, "raised": raised, "wrap": wrap}


def test_an_issue_has_the_shape_that_readers_parse():
    found = SHAPE.fullmatch(write_issue(SYMPTOM))
    assert found.groups() == ("pluralize('axis')", "'axises'", "'axes'")


@pytest.mark.parametrize(
    ("fails", "should_fail", "sentence"),
    [
        (False, False, "`pluralize` gives the wrong result."),
        (True, False, "`pluralize` fails with ValueError on input that it should accept."),
        (False, True, "`pluralize` accepts input that it should refuse."),
        (True, True, "`pluralize` fails with the wrong error."),
    ],
)
def test_the_sentence_says_what_is_wrong(fails, should_fail, sentence):
    symptom = replace(SYMPTOM, fails=fails, should_fail=should_fail, actual="ValueError: bad")
    assert write_issue(symptom).splitlines()[0] == sentence


@pytest.mark.parametrize(
    ("expression", "called"),
    [
        ("str(C(1))", "`C`"),
        ("C(1).m(')')", "`C.m`"),
        ("list(C(1).m())", "`C.m`"),
        ("C.of('x')", "`C.of`"),
        ("C(1).size", "`C.size`"),
    ],
)
def test_the_sentence_names_what_is_called(expression, called):
    text = write_issue(replace(SYMPTOM, name="C", expression=expression))
    assert text.startswith(called)


def test_the_first_short_difference_is_the_symptom():
    calls = [replace(CALL, expression=f"f({n})") for n in range(5)]
    long = "'" + "x" * 130 + "'"
    found = find_symptom(
        calls, [outcome("2"), outcome(None, True), outcome(long), outcome("3"), outcome("4")]
    )
    assert (found.expression, found.actual, found.expected) == ("f(3)", "3", "2")
    assert find_symptom(calls, [outcome("2")] * 5) is None
    assert find_symptom(calls[:1], [outcome("[2]", wrap="list")]) is None


def test_calls_of_the_changed_function_come_first():
    other = replace(CALL, function="g", expression="g()")
    long = replace(CALL, expression="f(1000)")
    assert order_calls([other, long, CALL], MUTATION) == [CALL, long, other]


def test_leaks_are_found():
    text = write_issue(SYMPTOM)
    assert find_leaks(text, "inflection/__init__.py", (3,), ["t.py::TestX::test_pluralize"]) == []
    said = text + "see pkg/core.py, line 4, and test_hidden"
    found = find_leaks(said, "pkg/core.py", (4,), ["tests/test_a.py::test_hidden[1]"])
    assert sorted(found) == ["core.py", "line 4", "pkg/core.py", "test_hidden"]


def test_what_a_text_gives_away_is_measured():
    text = write_issue(SYMPTOM)
    assert names_function(text, "pluralize")
    assert not names_function(text, "plural")
    assert names_module(SYMPTOM, "inflection/__init__.py")
    assert names_module(replace(SYMPTOM, module="a.b"), "src/a/b.py")
    assert not names_module(replace(SYMPTOM, module="a"), "a/b.py")
