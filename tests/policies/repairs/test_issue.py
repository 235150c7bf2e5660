import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.policies.repairs.issue import Issue, is_exception, parse_issue, shows

TEXT = """Plural forms are wrong.

```python
from inflection import pluralize
print(repr(pluralize('axis')))
```

It prints:

```
'axises'
```

It should print:

```
'axes'
```
"""


def issue(snippet: str = "", actual: str = "1", expected: str = "2") -> Issue:
    return Issue("", snippet, actual, expected)


def test_reads_the_parts_by_their_structure() -> None:
    found = parse_issue(TEXT)
    assert found == Issue(
        prose="Plural forms are wrong.",
        snippet="from inflection import pluralize\nprint(repr(pluralize('axis')))",
        actual="'axises'",
        expected="'axes'",
    )


def test_other_words_between_the_blocks_change_nothing() -> None:
    other = (
        TEXT.replace("It prints:", "Actual")
        .replace("It should print:", "## Expected\n")
        .replace("python\n", "py\n")
    )
    found = parse_issue(other)
    assert found is not None
    assert (found.actual, found.expected) == ("'axises'", "'axes'")


def test_blocks_of_shell_are_no_part_of_an_issue() -> None:
    assert parse_issue(f"Do this:\n```bash\nls\n```\n{TEXT}") is not None
    assert parse_issue(f"```bash\nls\n```\n{TEXT}").actual == "'axises'"


@pytest.mark.parametrize("text", ["", "No code at all.", "```python\nprint(1)\n```"])
def test_a_text_without_outputs_is_no_issue(text: str) -> None:
    assert parse_issue(text) is None


@given(
    st.lists(st.sampled_from(["```", "```python", "\n", "x", "print(repr(f(1)))", "\0", "```bash"])).map(
        "".join
    )
)
def test_odd_texts_never_crash(text: str) -> None:
    found = parse_issue(text)
    assert found is None or isinstance(found.names, tuple)


@pytest.mark.parametrize(
    ("snippet", "names"),
    [
        ("from a import f\nprint(repr(f(1)))", ("f",)),
        ("from a import f as g\nprint(repr(g(1)))", ("f",)),
        ("import a\nprint(repr(a.b.f(1)))", ("f", "b")),
        ("from a import C\nprint(repr(C(1).m(2)))", ("m", "C")),
        ("from a import C\nx = C(1)\nx.add(2)\nprint(repr(x.total))", ("total", "add", "C")),
        ("from a import C\nprint(repr(list(C(1).m())))", ("m", "C", "__iter__")),
        ("from a import f, g\nprint(repr(list(f(g(1)))))", ("f", "g")),
        ("from a import V\nprint(repr(V(1) + V(2) == V(3)))", ("__eq__", "__add__", "V")),
        ("from a import D\nprint(repr(str(D(1))))", ("__str__", "D")),
        ("from datetime import date\nfrom a import f\nprint(repr(f(date(1, 2, 3))))", ("f",)),
        ("from a import f\nprint(repr(f(1))", ("f",)),
    ],
)
def test_names_the_likeliest_place_first(snippet: str, names: tuple[str, ...]) -> None:
    assert issue(snippet).names == names


def test_modules_leave_the_standard_library_out() -> None:
    assert issue("import json\nfrom a.b import f\nimport c").modules == ("a.b", "c")


@pytest.mark.parametrize(
    ("actual", "expected", "difference"),
    [
        ("True", "False", "bool"),
        ("1", "2.5", "number"),
        ("'ab'", "'AB'", "case"),
        ("'abcdef'", "'abcde'", "text"),
        ("'ef'", "'abcdef'", "tail"),
        ("[1, 2]", "[2, 1]", "sorting"),
        ("[1, 2]", "[2]", "size"),
        ("ValueError: x", "1", "raised"),
        ("1", "a.B: x", ""),
        ("<A>", "<B>", ""),
        ("ValueError: x", "TypeError: y", ""),
    ],
)
def test_tells_kinds_of_difference_apart(actual: str, expected: str, difference: str) -> None:
    assert issue(actual=actual, expected=expected).difference == difference


def test_exceptions() -> None:
    assert is_exception("ValueError: bad")
    assert is_exception("a.b.CustomError")
    assert not is_exception("'ValueError: bad'")
    assert not is_exception("Error\nmore")


TRACEBACK = "Traceback (most recent call last):\n  File ...\nValueError: bad"


@pytest.mark.parametrize(
    ("output", "expected", "same"),
    [
        ("'axes'\n", "'axes'", True),
        ("'axises'", "'axes'", False),
        (TRACEBACK, "ValueError: bad", True),
        (TRACEBACK, "ValueError: worse", False),
        ("1\n'axes'", "'axes'", False),
        ("", "", True),
    ],
)
def test_shows(output: str, expected: str, same: bool) -> None:
    assert shows(output, expected) is same


@pytest.mark.parametrize(
    ("prose", "subject"),
    [
        ("`Tag.errors` fails on `Tag`.", "def errors("),
        ("`_Box` gives the wrong result.", "class _Box"),
        ("Plural forms are wrong.", ""),
    ],
)
def test_the_subject_is_what_the_prose_names_first(prose: str, subject: str) -> None:
    assert Issue(prose, "", "1", "2").subject == subject
