from collections.abc import Callable
from typing import Any

import pytest

from repodojo.environments.sandbox import Sandbox
from repodojo.errors import SandboxError
from repodojo.scaffolds.tools.editor import Editor
from repodojo.scaffolds.tools.snippets import CLIPPED, LONGEST

Edit = Callable[..., str]


@pytest.fixture
def edit(sandbox: Sandbox) -> Edit:
    editor = Editor()

    def act(command: str, path: str, **arguments: Any) -> str:
        return editor.run({"command": command, "path": path, **arguments}, sandbox)

    return act


def test_views_a_file_with_numbers(edit: Edit) -> None:
    assert edit("view", "/testbed/words.py") == (
        "Here's the result of running `cat -n` on /testbed/words.py:\n"
        "     1\tdef first(text):\n"
        "     2\t    return text.split()[1]\n"
        "     3\t\n"
        "     4\t\n"
        "     5\tdef count(text):\n"
        "     6\t    return len(text.split())\n"
        "     7"
    )


@pytest.mark.parametrize(
    ("view_range", "numbers"), [([2, 3], ["2", "3"]), ([6, -1], ["6", "7"]), ([7, 7], ["7"])]
)
def test_views_a_range(edit: Edit, view_range: list[int], numbers: list[str]) -> None:
    told = edit("view", "/testbed/words.py", view_range=view_range).split("\n")[1:]
    assert [line.split("\t")[0].strip() for line in told] == numbers


@pytest.mark.parametrize(
    ("view_range", "hint"),
    [
        ([1], "It should be a list of two integers."),
        (["1", 2], "It should be a list of two integers."),
        ("[1, 2]", "It should be a list of two integers."),
        ([0, 2], "Its first element `0` should be within the range of lines of the file: [1, 7]."),
        ([8, 9], "Its first element `8` should be within the range of lines of the file: [1, 7]."),
        ([1, 8], "Its second element `8` should be smaller than the number of lines in the file: `7`."),
        ([3, 2], "Its second element `2` should be greater than or equal to the first element `3`."),
    ],
)
def test_a_wrong_range_is_told_so(edit: Edit, view_range: Any, hint: str) -> None:
    told = edit("view", "/testbed/words.py", view_range=view_range)
    assert told == f"ERROR:\nInvalid `view_range` parameter: {view_range}. {hint}"


def test_views_a_folder_two_levels_deep_without_hidden_items(edit: Edit) -> None:
    told = edit("view", "/testbed")
    intro, *listed = told.split("\n")
    assert intro == (
        "Here's the files and directories up to 2 levels deep in /testbed, excluding hidden items:"
    )
    assert listed == [
        "/testbed",
        "/testbed/docs",
        "/testbed/docs/more",
        "/testbed/docs/use.md",
        "/testbed/dos.txt",
        "/testbed/latin.txt",
        "/testbed/long.txt",
        "/testbed/rules.mk",
        "/testbed/words.py",
    ]
    assert edit("view", "/testbed", view_range=[1, 2]) == (
        "ERROR:\nInvalid `view_range` parameter: [1, 2]. "
        "The `view_range` parameter is not allowed when `path` points to a directory."
    )


def test_a_long_file_is_clipped(edit: Edit) -> None:
    told = edit("view", "/testbed/long.txt")
    shown = told.removesuffix(CLIPPED)
    assert shown != told
    assert shown.endswith("  1600\tline 1600\n  1601\t")
    assert 1600 * len("line 0001\n") == LONGEST


def test_an_odd_name_is_no_command(edit: Edit, sandbox: Sandbox) -> None:
    sandbox.run("mkdir '$(touch x); a'; touch '$(touch x); a/b'", 10)
    assert edit("view", "/testbed/$(touch x); a").endswith("\n/testbed/$(touch x); a/b")
    assert "does not exist" in edit("view", "/testbed/x")


def test_creates_a_file_and_takes_that_back_to_the_same(edit: Edit, sandbox: Sandbox) -> None:
    assert edit("create", "/testbed/new.py", file_text="a = 1\n") == (
        "File created successfully at: /testbed/new.py"
    )
    assert sandbox.read("new.py") == b"a = 1\n"
    assert edit("undo_edit", "/testbed/new.py") == (
        "Last edit to /testbed/new.py undone successfully. "
        "Here's the result of running `cat -n` on /testbed/new.py:\n     1\ta = 1\n     2"
    )


@pytest.mark.parametrize(
    ("command", "path", "arguments", "told"),
    [
        ("create", "/testbed/n.py", {}, "Parameter `file_text` is required for command: create."),
        ("str_replace", "/testbed/words.py", {}, "Parameter `old_str` is required for command: str_replace."),
        ("insert", "/testbed/words.py", {}, "Parameter `insert_line` is required for command: insert."),
        (
            "insert",
            "/testbed/words.py",
            {"insert_line": 1},
            "Parameter `new_str` is required for command: insert.",
        ),
        (
            "create",
            "/testbed/words.py",
            {"file_text": "x"},
            "Invalid `path` parameter: /testbed/words.py. File already exists at: /testbed/words.py. "
            "Cannot overwrite files using command `create`.",
        ),
        *(
            (
                "create",
                path,
                {"file_text": "x"},
                f"Ran into [Errno 20] Not a directory: '{path}' while trying to write to {path}",
            )
            for path in ("/testbed/words.py/x", "/testbed/words.py/x/y")
        ),
        (
            "create",
            "/testbed/no/n.py",
            {"file_text": "x"},
            "Ran into [Errno 2] No such file or directory: '/testbed/no/n.py' while trying to write to "
            "/testbed/no/n.py",
        ),
        (
            "view",
            "words.py",
            {},
            "Invalid `path` parameter: words.py. The path should be an absolute path, starting with `/`. "
            "Maybe you meant words.py?",
        ),
        (
            "view",
            "/testbed/no.py",
            {},
            "Invalid `path` parameter: /testbed/no.py. The path /testbed/no.py does not exist. "
            "Please provide a valid path.",
        ),
        (
            "str_replace",
            "/testbed/docs",
            {"old_str": "a"},
            "Invalid `path` parameter: /testbed/docs. The path /testbed/docs is a directory and only the "
            "`view` command can be used on directories.",
        ),
        (
            "str_replace",
            "/testbed/words.py",
            {"old_str": "a", "new_str": "a"},
            "Invalid `new_str` parameter: a. No replacement was performed. "
            "`new_str` and `old_str` must be different.",
        ),
        (
            "str_replace",
            "/testbed/words.py",
            {"old_str": "no such\ntext"},
            "No replacement was performed, old_str `no such\ntext` did not appear verbatim in "
            "/testbed/words.py.",
        ),
        (
            "str_replace",
            "/testbed/words.py",
            {"old_str": "):\n    return "},
            "No replacement was performed. Multiple occurrences of old_str `):\n    return ` in lines "
            "[1, 5]. Please ensure it is unique.",
        ),
        (
            "insert",
            "/testbed/words.py",
            {"insert_line": 8, "new_str": "x"},
            "Invalid `insert_line` parameter: 8. It should be within the range of lines of the file: [0, 7]",
        ),
        (
            "insert",
            "/testbed/words.py",
            {"insert_line": "2", "new_str": "x"},
            "Invalid `insert_line` parameter: 2. It should be an integer.",
        ),
        ("undo_edit", "/testbed/words.py", {}, "No edit history found for /testbed/words.py."),
        (
            "look",
            "/testbed/words.py",
            {},
            "Unrecognized command look. The allowed commands for the oh_editor tool are: "
            "view, create, str_replace, insert, undo_edit",
        ),
        (
            "view",
            "/testbed/latin.txt",
            {},
            "Ran into 'utf-8' codec can't decode byte 0xe9 in position 3: unexpected end of data "
            "while trying to read /testbed/latin.txt",
        ),
        (
            "create",
            "/testbed/n.py",
            {"file_text": {"a": 1}},
            "Invalid `file_text` parameter: {'a': 1}. It should be a string.",
        ),
        ("view", "/testbed/a\0b", {}, "Ran into embedded null byte while trying to read /testbed/a\0b"),
    ],
)
def test_errors(edit: Edit, command: str, path: str, arguments: dict[str, Any], told: str) -> None:
    assert edit(command, path, **arguments) == f"ERROR:\n{told}"


def test_replaces_and_shows_what_is_around(edit: Edit, sandbox: Sandbox) -> None:
    told = edit(
        "str_replace",
        "/testbed/words.py",
        old_str="    return text.split()[1]\n",
        new_str="    words = text.split()\n    return words[0]\n",
    )
    assert told == (
        "The file /testbed/words.py has been edited. "
        "Here's the result of running `cat -n` on a snippet of /testbed/words.py:\n"
        "     1\tdef first(text):\n"
        "     2\t    words = text.split()\n"
        "     3\t    return words[0]\n"
        "     4\t\n"
        "     5\t\n"
        "     6\tdef count(text):\n"
        "     7\t    return len(text.split())\n"
        "     8\t\n"
        "Review the changes and make sure they are as expected. Edit the file again if necessary."
    )
    assert b"return words[0]" in sandbox.read("words.py")
    assert edit("undo_edit", "/testbed/words.py").startswith("Last edit to /testbed/words.py undone")
    assert b"text.split()[1]" in sandbox.read("words.py")
    assert "No edit history" in edit("undo_edit", "/testbed/words.py")


def test_takes_out_what_has_no_replacement(edit: Edit, sandbox: Sandbox) -> None:
    edit("str_replace", "/testbed/docs/use.md", old_str="# ")
    assert sandbox.read("docs/use.md") == b"Use\n"


@pytest.mark.parametrize(
    ("line", "first", "content"),
    [(0, 1, "new\n# Use\n"), (1, 1, "# Use\nnew\n"), (2, 1, "# Use\n\nnew")],
)
def test_inserts_after_a_line(edit: Edit, sandbox: Sandbox, line: int, first: int, content: str) -> None:
    told = edit("insert", "/testbed/docs/use.md", insert_line=line, new_str="new")
    assert told.startswith(
        "The file /testbed/docs/use.md has been edited. Here's the result of running `cat -n` on a snippet "
        f"of the edited file:\n     {first}\t"
    )
    assert told.endswith(
        "Review the changes and make sure they are as expected (correct indentation, no duplicate lines, "
        "etc). Edit the file again if necessary."
    )
    assert sandbox.read("docs/use.md").decode() == content


def test_tabs_are_shown_as_spaces_and_kept(edit: Edit, sandbox: Sandbox) -> None:
    told = edit("str_replace", "/testbed/rules.mk", old_str="all:\n\tmake it", new_str="all:\n\tmake that")
    assert "     2\t        make that\n     3\tclean:\n     4\t        rm it\n" in told
    assert sandbox.read("rules.mk") == b"all:\n\tmake that\nclean:\n\trm it\n"
    edit("str_replace", "/testbed/rules.mk", old_str="        rm it", new_str="\trm that")
    assert sandbox.read("rules.mk").endswith(b"clean:\n\trm that\n")


def test_a_passage_that_starts_within_a_tab_takes_the_tab_apart(edit: Edit, sandbox: Sandbox) -> None:
    edit("str_replace", "/testbed/rules.mk", old_str="  make it", new_str="x")
    assert sandbox.read("rules.mk") == b"all:\n      x\nclean:\n        rm it\n"


def test_line_ends_are_kept(edit: Edit, sandbox: Sandbox) -> None:
    edit("str_replace", "/testbed/dos.txt", old_str="one\ntwo", new_str="one\n2")
    assert sandbox.read("dos.txt") == b"one\r\n2\r\nthree\r\n"


def test_links_are_resolved_inside_the_sandbox(edit: Edit, sandbox: Sandbox) -> None:
    sandbox.run("ln -s /proc/1/root/etc/passwd out; ln -s /nowhere gone; ln -s words.py link.py", 10)
    assert edit("view", "/testbed/out").startswith("ERROR:")
    assert "does not exist" in edit("view", "/testbed/gone")
    assert "def first" in edit("view", "/testbed/link.py")


def test_what_is_no_text_file_is_refused(edit: Edit, sandbox: Sandbox) -> None:
    sandbox.run("mkfifo pipe; truncate -s 11M big; chmod 000 words.py", 10)
    assert edit("view", "/testbed/pipe").startswith("ERROR:\nRan into ")
    assert edit("view", "/testbed/big") == (
        "ERROR:\nFile validation failed for /testbed/big: File is too large (11.0MB). "
        "Maximum allowed size is 10MB."
    )
    assert edit("view", "/testbed/words.py").startswith("ERROR:\nRan into ")
    assert edit("insert", "/testbed/words.py", insert_line=0, new_str="x").startswith("ERROR:\nRan into ")


def test_a_lost_sandbox_is_no_error_of_the_policy(edit: Edit, sandbox: Sandbox) -> None:
    sandbox.close()
    with pytest.raises(SandboxError):
        edit("view", "/testbed/words.py")
