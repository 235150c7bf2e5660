"""The shell commands that the repair agent gives; `history` reads the same forms back.

It works with the functions of the scaffold's tools, whose ``$f`` is the file that is worked on. A command on
another file begins by setting it; `spoken` leaves that out where it is set already.
"""

from collections.abc import Sequence

from repodojo.scaffolds.bash_only import TOOLS_FILE

VIEW_LINES = 18
"""Lines that the tools show after the one with the text."""
SUBMIT = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"


def reproduce(text: str, subject: str) -> str:
    """Take the tools, run the issue's example, and look for a text, which need not be said of the subject."""
    return f". {TOOLS_FILE}; run; {'look' if text == subject else look(text)}"


def look(text: str) -> str:
    """List the files that hold a text, and show it in the first that is no test's."""
    return f'look "{text}"'


def first_file(paths: Sequence[str]) -> str:
    """Return the file that ``look`` shows of those that it lists; empty where it shows none."""
    return next((path for path in paths if "/test" not in path), "")


def search(name: str) -> str:
    """Show where a name is mentioned."""
    return f'grep -rnw "{name}" --include=*.py . | head -20'


def view(text: str, path: str) -> str:
    """Show the lines of code from a definition on."""
    return f'f={path}; code "{text}"'


def more(path: str, first: int) -> str:
    """Show the lines of code from a number on."""
    return view(f"^{first}:", path)


def attempt(path: str, old: str, new: str, lines: int) -> str:
    """Replace a line of a file as it was, run the example, and show its last ``lines`` lines."""
    many = f" {lines}" if lines > 1 else ""
    return f"f={path}; try{many} <<'E'\n{old}\n{new}\nE"


def spoken(command: str, current: str) -> str:
    """Leave the file out of a command where ``$f`` is that file already."""
    return command.removeprefix(f"f={current}; ")
