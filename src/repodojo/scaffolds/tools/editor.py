"""``str_replace_editor``: views, creates and edits files in a sandbox, as OpenHands' editor does.

What it says is word for word what openhands-aci 0.1 says (CodeAct 2.2), so that recorded trajectories can be
replayed; its order of checks is the same. Two things it does better: a file keeps the tabs and the kind of
line ends that it has (the original expands every tab of a file that it edits; one that a replacement puts
behind other text is shown where it stands), and a folder's listing is in order.
"""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from repodojo.environments.sandbox import Sandbox
from repodojo.scaffolds.tools.sandbox_files import (
    EditorError,
    Kind,
    Text,
    list_folder,
    look_at,
    read_text,
    write_text,
)
from repodojo.scaffolds.tools.snippets import Span, clip, line_numbers, show, unexpanded

AROUND = 4
"""Lines shown before and after an edit."""
_REVIEW = "Review the changes and make sure they are as expected"
_AGAIN = "Edit the file again if necessary."
_NO_FOLDER: Mapping[Kind, str] = {
    "homeless": "[Errno 2] No such file or directory",
    "below_file": "[Errno 20] Not a directory",
}
_TEXTS = ("path", "file_text", "old_str", "new_str")


class _Asked(NamedTuple):
    """A command's surroundings, checked."""

    sandbox: Sandbox
    path: str
    kind: Kind
    arguments: Mapping[str, Any]


class Editor:
    """The editor of one rollout; it remembers every file's earlier contents."""

    def __init__(self) -> None:
        self._history: dict[str, list[Text]] = {}
        self._commands: dict[str, Callable[[_Asked], str]] = {
            "view": self._view,
            "create": self._create,
            "str_replace": self._str_replace,
            "insert": self._insert,
            "undo_edit": self._undo_edit,
        }

    def run(self, arguments: Mapping[str, Any], sandbox: Sandbox) -> str:
        """Do one command and return what it says, errors after ``ERROR:``."""
        try:
            for name in _TEXTS:
                if not isinstance(arguments.get(name, ""), str | None):
                    raise _invalid(name, arguments[name], "It should be a string.")
            path = str(PurePosixPath(arguments["path"]))
            command = str(arguments["command"])
            asked = _Asked(sandbox, path, _checked_kind(command, path, sandbox), arguments)
            if command not in self._commands:
                raise EditorError(
                    f"Unrecognized command {command}. The allowed commands for the oh_editor tool are: "
                    f"{', '.join(self._commands)}"
                )
            return self._commands[command](asked).rstrip()
        except EditorError as error:
            return f"ERROR:\n{error}".rstrip()

    def _view(self, asked: _Asked) -> str:
        view_range = asked.arguments.get("view_range")
        if asked.kind == "folder":
            if view_range:
                hint = "The `view_range` parameter is not allowed when `path` points to a directory."
                raise _invalid("view_range", view_range, hint)
            listing = clip(list_folder(asked.sandbox, asked.path))
            intro = f"Here's the files and directories up to 2 levels deep in {asked.path}, excluding hidden"
            return f"{intro} items:\n{listing}\n"
        content = read_text(asked.sandbox, asked.path).content
        if not view_range:
            return show(content, asked.path)
        lines = content.split("\n")
        start, end = _checked_range(view_range, len(lines))
        return show("\n".join(lines[start - 1 : end]), asked.path, start)

    def _create(self, asked: _Asked) -> str:
        text = Text(_needed("create", "file_text", asked.arguments))
        if asked.kind in _NO_FOLDER:
            error = f"{_NO_FOLDER[asked.kind]}: {asked.path!r}"
            raise EditorError(f"Ran into {error} while trying to write to {asked.path}")
        write_text(asked.sandbox, asked.path, text)
        self._remember(asked.path, text)
        return f"File created successfully at: {asked.path}"

    def _str_replace(self, asked: _Asked) -> str:
        old, new = _needed("str_replace", "old_str", asked.arguments), asked.arguments.get("new_str")
        if new == old:
            hint = "No replacement was performed. `new_str` and `old_str` must be different."
            raise _invalid("new_str", new, hint)
        before = read_text(asked.sandbox, asked.path)
        shown, sought = before.content.expandtabs(), old.expandtabs()
        found = shown.count(sought)
        if found == 0:
            raise EditorError(
                f"No replacement was performed, old_str `{sought}` did not appear verbatim in {asked.path}."
            )
        if found > 1:
            raise EditorError(
                f"No replacement was performed. Multiple occurrences of old_str `{sought}` in lines "
                f"{line_numbers(shown, sought)}. Please ensure it is unique."
            )
        at = shown.index(sought)
        after = _replaced(before.content, shown, Span(at, at + len(sought)), new or "")
        write_text(asked.sandbox, asked.path, Text(after, before.newline))
        self._remember(asked.path, before)
        line = shown.count("\n", 0, at)
        first = max(0, line - AROUND)
        snippet = after.split("\n")[first : line + AROUND + (new or "").count("\n") + 1]
        told = show("\n".join(snippet), f"a snippet of {asked.path}", first + 1)
        return f"The file {asked.path} has been edited. {told}{_REVIEW}. {_AGAIN}"

    def _insert(self, asked: _Asked) -> str:
        at = asked.arguments.get("insert_line")
        if at is None:
            raise _missing("insert", "insert_line")
        new = _needed("insert", "new_str", asked.arguments).split("\n")
        before = read_text(asked.sandbox, asked.path)
        lines = before.content.split("\n")
        if not isinstance(at, int):
            raise _invalid("insert_line", at, "It should be an integer.")
        if not 0 <= at <= len(lines):
            hint = f"It should be within the range of lines of the file: {[0, len(lines)]}"
            raise _invalid("insert_line", at, hint)
        write_text(
            asked.sandbox, asked.path, Text("\n".join([*lines[:at], *new, *lines[at:]]), before.newline)
        )
        self._remember(asked.path, before)
        snippet = [*lines[max(0, at - AROUND) : at], *new, *lines[at : at + AROUND]]
        told = show("\n".join(snippet), "a snippet of the edited file", max(1, at - AROUND + 1))
        hint = "(correct indentation, no duplicate lines, etc)"
        return f"The file {asked.path} has been edited. {told}{_REVIEW} {hint}. {_AGAIN}"

    def _undo_edit(self, asked: _Asked) -> str:
        if not self._history.get(asked.path):
            raise EditorError(f"No edit history found for {asked.path}.")
        text = self._history[asked.path].pop()
        write_text(asked.sandbox, asked.path, text)
        return f"Last edit to {asked.path} undone successfully. {show(text.content, asked.path)}"

    def _remember(self, path: str, text: Text) -> None:
        self._history.setdefault(path, []).append(text)


def _checked_kind(command: str, path: str, sandbox: Sandbox) -> Kind:
    """Return what is at a path, if the command can be used on that."""
    if not path.startswith("/"):
        hint = f"The path should be an absolute path, starting with `/`. Maybe you meant {path}?"
        raise _invalid("path", path, hint)
    if "\0" in path:
        raise EditorError(f"Ran into embedded null byte while trying to read {path}")
    kind = look_at(sandbox, path)
    if hint := _unfit(command, path, kind):
        raise _invalid("path", path, hint)
    return kind


def _unfit(command: str, path: str, kind: Kind) -> str:
    """Say why a command cannot be used on what is at a path."""
    exists = kind in ("file", "folder")
    if command == "create" and exists:
        return f"File already exists at: {path}. Cannot overwrite files using command `create`."
    if command != "create" and not exists:
        return f"The path {path} does not exist. Please provide a valid path."
    if command != "view" and kind == "folder":
        return f"The path {path} is a directory and only the `view` command can be used on directories."
    return ""


def _checked_range(value: Any, count: int) -> tuple[int, int]:
    """Return the first and last line to show of ``count``."""
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(each, int) for each in value):
        raise _invalid("view_range", value, "It should be a list of two integers.")
    start, end = value
    if not 1 <= start <= count:
        hint = f"Its first element `{start}` should be within the range of lines of the file: {[1, count]}."
        raise _invalid("view_range", value, hint)
    if end > count:
        hint = (
            f"Its second element `{end}` should be smaller than the number of lines in the file: `{count}`."
        )
        raise _invalid("view_range", value, hint)
    if end != -1 and end < start:
        hint = f"Its second element `{end}` should be greater than or equal to the first element `{start}`."
        raise _invalid("view_range", value, hint)
    return start, count if end == -1 else end


def _replaced(content: str, shown: str, span: Span, new: str) -> str:
    """Replace a passage of the text as shown; other tabs stay, unless the passage starts or ends in one."""
    original = unexpanded(content, span) if "\t" in content else span
    if original is None:
        return shown[: span.start] + new + shown[span.end :]
    return content[: original.start] + new + content[original.end :]


def _needed(command: str, name: str, arguments: Mapping[str, Any]) -> str:
    value = arguments.get(name)
    if not value:
        raise _missing(command, name)
    return str(value)


def _missing(command: str, name: str) -> EditorError:
    return EditorError(f"Parameter `{name}` is required for command: {command}.")


def _invalid(name: str, value: Any, hint: str) -> EditorError:
    return EditorError(f"Invalid `{name}` parameter: {value}. {hint}")
