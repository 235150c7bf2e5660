r"""What two observations have in common when paths, times and OpenHands' versions are taken out of them.

Versions differ in what stands around an output, never in the output: whether a command is repeated before it
(2.1, 2.2), which lines say where and how it ended, whether line ends are a terminal's, how an error is put.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_EVERYWHERE = (
    (r"\r\n?", "\n"),
    (r"\x1b\[[0-?]*[ -/]*[@-~]", ""),
    (r"\A(?:OBSERVATION:\n)?(?:EXECUTION RESULT of \[\w+\]:\n)?", ""),
    (r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?", "<time>"),
    (r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? [\w ]{5,8} \d\d:\d\d:\d\d[\w ]*\d{4}[ +\-\d]*", "<time>"),
    (r"\b\d+(?:\.\d+)? ?(?:seconds?|secs?|ms|s)\b(?: \(\d:\d\d:\d\d\))?", "<duration>"),
    (r"\b0x[0-9a-f]{6,}\b", "<address>"),
    (r"(?m)^\[\d+\] \d+$", "[job]"),
)
_TERMINAL = (
    (r"\[Python Interpreter: [^\]\n]*\]", "\n"),
    (r"(?m)^[\w-]+@[\w.-]+:.* ?[#$] ?$", ""),
    (r"\n\[(?:Current working directory|Python interpreter): [^\]\n]*\]", ""),
    (r"\n\[The command completed with exit code -?\d+\.\]", ""),
    (r"(?m)^total \d+$", ""),
    (r"(?m)^(d\S{9})[.+@]? +\d+ +\S+ +\S+ +\d+ +\w{3} +\d+ +[\d:]+ ", r"\1 "),
    (r"(?m)^([-l]\S{9})[.+@]? +\d+ +\S+ +\S+ +(\d+) +\w{3} +\d+ +[\d:]+ ", r"\1 \2 "),
)
_EDITOR = (
    (r"<response clipped>(?:<NOTE>.*?</NOTE>)?", "<clipped>"),
    (r"\n+\d+ hidden files/directories in this directory are excluded\.[^\n]*", ""),
    (r"Parameter `(\w+)` is required for command: (\w+)\.?", r"Parameter \1 required for \2"),
    (r"Invalid `(\w+)`(?: parameter)?(?:: .*?|)\. (?:It's|Its|It) ", r"Invalid \1. It "),
    (r"Invalid `\w+` parameter: .*?\. (?=The path|File already|The `view_range`|No replacement)", ""),
    (
        r"The path (?:\S+ is not|should be) an absolute path, (?:it should start|starting) with `/`\.",
        "<no path>",
    ),
    (r" Maybe you meant [^\n]*\?", ""),
    (r"smaller than|larger or equal than its first", "bound by"),
    (r"greater than or equal to the first element", "bound by"),
    (r" in lines \[[\d, ]*\]\. Please ensure it is unique", " at several places"),
    (r"(?:range|number) of lines (?:of|in) the file: (?:\[\d, \d+\]|`\d+`)", "<lines>"),
    (r"\n +\d+\t? *(?=\n|\Z)(?!\n +\d+\t)", ""),
    (r"\.(?=\s*\Z)", ""),
)
_LISTING = "files and directories up to 2 levels deep"
_EXIT = re.compile(r"\n?\[Command finished with exit code (-?\d+)\]\s*\Z")


def normalise(name: str, arguments: Mapping[str, Any], text: str, roots: Sequence[str] = ()) -> str:
    """Return what is compared; ``roots`` are the folders that stand for the repository."""
    text = _common(text, roots)
    if name == "execute_bash":
        text = _command(_common(str(arguments.get("command", "")), roots), text)
    elif name == "str_replace_editor":
        text = _editor(text)
    return text.strip().expandtabs()


def _common(text: str, roots: Sequence[str]) -> str:
    text = _apply(_EVERYWHERE, text)
    for root in sorted(roots, key=len, reverse=True):
        text = re.sub(rf"(?<![\w.-]){re.escape(root)}(?![\w.-]*\w)", "<repository>", text)
    return text


def _command(command: str, text: str) -> str:
    """Leave out the command where it is repeated, and what stands around the output."""
    found = _EXIT.search(text)
    code = found[1] if found else "?"
    text = _apply(_TERMINAL, text[: found.start()] if found else text)
    if re.search(r"\bls\b", command):
        # A terminal shows names in columns.
        text = re.sub(r"(?<=\S)(?: {2,}| *\t[ \t]*)(?=\S)", "\n", text)
    repeated = {line.strip() for line in command.split("\n")}
    lines = [line.rstrip() for line in text.split("\n") if line.strip() and line.strip() not in repeated]
    return "\n".join([*lines, f"exit code {code}"])


def _editor(text: str) -> str:
    text = _apply(_EDITOR, text.rstrip() + "\n").strip()
    head, *lines = text.split("\n")
    if _LISTING in head:
        return "\n".join([head, *sorted(line.rstrip("/") for line in lines if line)])
    return "\n".join(line.rstrip() for line in [head, *lines])


def _apply(rules: Sequence[tuple[str, str]], text: str) -> str:
    for pattern, replacement in rules:
        text = re.sub(pattern, replacement, text)
    return text
