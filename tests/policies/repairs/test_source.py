import io
import tokenize

from hypothesis import given
from hypothesis import strategies as st

from repodojo.policies.repairs.source import (
    Listing,
    blot,
    called_names,
    find_functions,
    following_statements,
)

GREP = """3:def first(a):
4:    return second(a)
5:
--
9:def first(b):
10:    x = "def (" + other.third(b)
11:    return x
12:
13:
14:after = 1"""


def listing(output: str = GREP, rows: int = 40) -> Listing:
    found = Listing("./a.py")
    found.learn(output, rows)
    return found


def test_learns_the_rows_of_a_listing() -> None:
    found = listing()
    assert found.lines[10] == '    x = "def (" + other.third(b)'
    assert found.runs() == [[3, 4, 5], [9, 10, 11, 12, 13, 14]]


def test_a_short_last_run_shows_the_end_of_the_file() -> None:
    assert listing(rows=40).end == 14
    assert listing(rows=5).end is None
    assert listing("7:a\n8:b", rows=2).end is None
    assert listing("7:a\n8:b", rows=3).end == 8
    assert listing("exit", rows=40).end is None


def test_what_a_listing_leaves_out_of_its_middle_counts_as_blank() -> None:
    found = listing("1:def f(a):\n5:    return a\n6:x = 1")
    assert found.runs() == [[1, 2, 3, 4, 5, 6]]
    assert found.lines[3] == ""
    found.learn("3:    # a", 40)
    assert found.lines[3] == "    # a"
    (function,) = find_functions(found, found.code())
    assert function.numbers == (1, 2, 3, 4, 5)


def test_finds_definitions_and_what_they_call() -> None:
    found = listing()
    first, second = find_functions(found, found.code())
    assert (first.name, first.numbers, first.complete) == ("first", (3, 4, 5), False)
    assert (second.name, second.numbers, second.complete) == ("first", (9, 10, 11, 12, 13), True)
    assert called_names(first, found.code()) == ["second"]
    assert called_names(second, found.code()) == ["third"]


def test_a_parameter_is_no_function_to_look_up() -> None:
    found = listing("1:def f(key, other):\n2:    return key(other) + g(1)")
    (function,) = find_functions(found, found.code())
    assert called_names(function, found.code()) == ["g"]


def test_a_call_into_the_standard_library_is_not_looked_up() -> None:
    found = listing("1:def f(a):\n2:    return re.escape(a) + self.g(a) + super().h(a)")
    (function,) = find_functions(found, found.code())
    assert called_names(function, found.code()) == ["g", "h"]


def test_a_definition_over_several_lines_keeps_its_body() -> None:
    found = listing("1:def f(\n2:    a,\n3:):\n4:    return a\n5:x = 1")
    assert find_functions(found, found.code())[0].numbers == (1, 2, 3, 4)


def test_blots_strings_comments_and_docstrings() -> None:
    lines = [
        "def f(a):",
        '    """Text < 3',
        "    or >>> f(1)",
        '    """',
        "    x = 'it\\'s' + a  # or",
        "    return x",
    ]
    code = [line.rstrip("\0 ") for line in blot(lines)]
    assert code[1:4] == ["   ".rstrip(), "", ""]
    assert code[4].replace("\0", "") == "    x =  + a"
    assert code[5] == "    return x"


def test_a_listing_may_start_inside_a_docstring() -> None:
    """Prose and examples of a docstring whose head was left out used to be taken for code."""
    code = blot(["    if True or not", '    """', "    return a or b", "def g():", '    """Say or not."""'])
    assert not code[0].strip("\0")
    assert code[2] == "    return a or b"
    assert "or" not in code[4]


def test_a_listing_may_start_inside_code() -> None:
    code = blot(["    return a or b", "def g():", '    """Say or not."""', "    return 1"])
    assert code[0] == "    return a or b"
    assert code[3] == "    return 1"


@given(st.lists(st.text(max_size=12).filter(lambda t: "\n" not in t), min_size=1, max_size=6))
def test_blotting_keeps_every_place(lines: list[str]) -> None:
    code = blot(lines)
    assert [len(line) for line in code] == [len(line) for line in lines]
    assert all(
        new in (old, "\0") for a, b in zip(lines, code, strict=True) for old, new in zip(a, b, strict=True)
    )


PIECES = st.sampled_from(
    ["'a'", '"b # c"', "'''d\ne'''", '"""f"""', "x", " + ", "r'\\d'", "f'{x}'", "\n", "# or 'g'\n"]
)


@given(st.lists(PIECES, max_size=8).map("".join))
def test_blots_what_pythons_own_tokenizer_calls_strings(source: str) -> None:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(f"(\n{source}\n)").readline))
    except tokenize.TokenError:
        return
    code = blot(["def f():", *source.split("\n")])[1:]
    for token in tokens:
        if token.type in (tokenize.STRING, tokenize.COMMENT) and token.start[0] == token.end[0]:
            row, start = (
                token.start[0] - 2,
                token.start[1] + len(token.string) - len(token.string.lstrip("rfb")),
            )
            assert set(code[row][start : token.end[1]]) <= {"\0"}
        if token.type == tokenize.NAME and token.start[0] > 1:
            assert code[token.start[0] - 2][token.start[1] : token.end[1]] == token.string


def test_the_statement_that_follows_is_not_the_next_line() -> None:
    lines = [
        "def f(a):",
        "    if (",
        "        a",
        "        or b",
        "    ):",
        "        raise X",
        "",
        "    return f(",
        "        a)",
    ]
    code = dict(enumerate(blot(lines), 1))
    after = following_statements(tuple(code), code)
    assert after == {1: 2, 2: 6, 3: 6, 4: 6, 5: 6, 6: 8, 7: 8}
