import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.scaffolds.openhands import OpenHands, Options
from repodojo.scaffolds.tools.text_form import (
    Call,
    CallError,
    _elements,
    close_call,
    parse_answer,
    render_answer,
    render_call,
    validate,
)

TOOLS = OpenHands(Options(calls="native")).tools
LS = Call("execute_bash", {"command": "ls"})


def said(body: str, name: str = "str_replace_editor") -> str:
    return f"<function={name}>\n{body}\n</function>"


VIEW = "<parameter=command>view</parameter>\n<parameter=path>/a.py</parameter>"


def test_a_call_is_written_with_long_values_on_lines_of_their_own() -> None:
    call = Call("str_replace_editor", {"command": "create", "path": "/a.py", "file_text": "x = 1\ny = 2"})
    assert render_call(call) == (
        "<function=str_replace_editor>\n"
        "<parameter=command>create</parameter>\n"
        "<parameter=path>/a.py</parameter>\n"
        "<parameter=file_text>\nx = 1\ny = 2\n</parameter>\n"
        "</function>"
    )
    assert render_answer("", LS).startswith("<function=execute_bash>")
    assert render_answer("I look.", LS).startswith("I look.\n\n<function=execute_bash>")


@pytest.mark.parametrize(
    ("answer", "thought", "call"),
    [
        ("Just words.", "Just words.", None),
        ("<function=finish>\n</function>", "", Call("finish", {})),
        (
            "Hm.\n\n" + said("<parameter=command>ls</parameter>", "execute_bash") + "\nmore words",
            "Hm.",
            LS,
        ),
        (
            said("<parameter=command>\n  ls\n</parameter>", "execute_bash"),
            "",
            LS,
        ),
        (
            said(f"{VIEW}\n<parameter=view_range>[1, 20]</parameter>"),
            "",
            Call("str_replace_editor", {"command": "view", "path": "/a.py", "view_range": [1, 20]}),
        ),
        (
            said(f"{VIEW}<parameter=insert_line> 7 </parameter>"),
            "",
            Call("str_replace_editor", {"command": "view", "path": "/a.py", "insert_line": 7}),
        ),
    ],
)
def test_a_call_is_read(answer: str, thought: str, call: Call | None) -> None:
    assert parse_answer(answer, TOOLS) == (thought, call)


@pytest.mark.parametrize("end", ["", "\n", "</", "\n</", "</func", "\n</function"])
def test_the_end_that_a_stop_text_cut_off_is_put_back(end: str) -> None:
    answer = f"Hm.\n\n<function=execute_bash>\n<parameter=command>ls</parameter>{end}"
    assert parse_answer(answer, TOOLS) == ("Hm.", LS)
    assert close_call(answer) == (
        "Hm.\n\n<function=execute_bash>\n<parameter=command>ls</parameter>\n</function>"
    )


PIECES = ("<function=", "</function>", "<parameter=", "</parameter>", ">", "\n", "a", "<", "/", "command")
CALL_PATTERN = re.compile(r"<function=([^>]+)>\n(.*?)</function>", re.DOTALL)
PARAMETER_PATTERN = re.compile(r"<parameter=([^>]+)>(.*?)</parameter>", re.DOTALL)


@given(st.lists(st.sampled_from(PIECES), max_size=24).map("".join))
def test_calls_and_parameters_are_those_of_openhands_patterns(text: str) -> None:
    assert list(_elements(text, "<function=", ">\n", "</function>")) == CALL_PATTERN.findall(text)
    assert list(_elements(text, "<parameter=", ">", "</parameter>")) == PARAMETER_PATTERN.findall(text)


@pytest.mark.parametrize(
    "text",
    [
        *("<function=", "<function=a>\n", "<function=>", "<function=a>\n<parameter=", "<parameter=a>"),
        *("<function=a>\n<parameter=b>", "<function=a>\n<parameter=>", "<function=a>"),
    ],
)
def test_megabytes_of_openings_used_to_take_hours(text: str) -> None:
    """Each of them was searched for its end; meanwhile no other rollout went on."""
    answer = text * (2_000_000 // len(text))
    for said in (answer, f"{answer}</function>", f"<function=a>\n{answer}\n</parameter></function>"):
        with suppress(CallError):
            assert parse_answer(said, TOOLS).call is None


def test_only_the_first_of_several_calls_is_read_and_none_is_mended() -> None:
    two = render_call(LS) + "\n" + render_call(Call("finish", {}))
    assert parse_answer(two, TOOLS).call == LS
    assert close_call(two.removesuffix("</function>")) == two.removesuffix("</function>")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (said("", "browse"), r"Function 'browse' not found in available tools: \['execute_bash', 'finish'"),
        (
            said("<parameter=cmd>ls</parameter>", "execute_bash"),
            "Parameter 'cmd' is not allowed for function",
        ),
        (said("", "execute_bash"), r"Missing required parameters for function 'execute_bash': {'command'}"),
        (said("<parameter=command>view</parameter>"), r"Missing required .*: {'path'}"),
        (
            said("<parameter=command>look</parameter>"),
            r"'command' is expected to be one of \['view', 'create'",
        ),
        (said(f"{VIEW}<parameter=insert_line>x</parameter>"), "'insert_line' is expected to be an integer"),
        (said(f"{VIEW}<parameter=view_range>1, 2</parameter>"), "'view_range' is expected to be an array"),
        (said(f"{VIEW}<parameter=view_range>3</parameter>"), "'view_range' is expected to be an array"),
        (said(f"{VIEW}<parameter=view_range>{'[' * 999}{']' * 999}</parameter>"), "to be an array"),
        (said(f"{VIEW}<parameter=view_range>{'[' * 99_999}</parameter>"), "to be an array"),
        ("<function=execute_bash>\n<parameter=command>ls", "Missing required parameters"),
    ],
)
def test_a_wrong_call_is_told_so(answer: str, told: str) -> None:
    with pytest.raises(CallError, match=told):
        parse_answer(answer, TOOLS)


def test_native_values_are_left_as_they_are() -> None:
    call = Call("str_replace_editor", {"command": "view", "path": "/a", "view_range": "[1, 2]"})
    assert validate(call, TOOLS, from_text=False) == call


TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
VALUES = TEXT.map(str.strip).filter(lambda text: "<" not in text)
CALLS = st.one_of(
    st.builds(lambda command: Call("execute_bash", {"command": command}), VALUES),
    st.builds(
        lambda path, new, line, span: Call(
            "str_replace_editor",
            {"command": "insert", "path": path, "new_str": new, "insert_line": line, "view_range": span},
        ),
        VALUES,
        VALUES,
        st.integers(),
        st.lists(st.integers(), max_size=3),
    ),
    st.just(Call("finish", {})),
)
THOUGHTS = VALUES


@given(THOUGHTS, CALLS)
def test_what_is_written_is_read(thought: str, call: Call) -> None:
    assert parse_answer(render_answer(thought, call), TOOLS) == (thought, call)


@given(THOUGHTS, CALLS, st.integers(0, 11))
def test_what_is_cut_in_its_last_line_is_read(thought: str, call: Call, kept: int) -> None:
    answer = render_answer(thought, call).removesuffix("</function>") + "</function>"[:kept]
    # One letter of the end is not told from a text that ends with "<".
    if kept != 1:
        assert parse_answer(answer, TOOLS) == (thought, call)


PIECES = st.sampled_from(
    [
        "<function=",
        "execute_bash",
        "finish",
        ">",
        "\n",
        "</function>",
        "</",
        "<parameter=",
        "command",
        "</parameter>",
    ]
)


@given(st.lists(PIECES | st.text(max_size=4), max_size=25).map("".join))
def test_odd_answers_never_crash(answer: str) -> None:
    try:
        thought, call = parse_answer(answer, TOOLS)
    except CallError:
        return
    assert thought == answer if call is None else call.name in ("execute_bash", "finish")


@given(st.lists(PIECES | st.text(max_size=4), max_size=25).map("".join))
def test_closing_twice_is_closing_once(answer: str) -> None:
    assert close_call(close_call(answer)) == close_call(answer)
