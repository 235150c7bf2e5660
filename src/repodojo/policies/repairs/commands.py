"""The shell commands that the repair agent gives; `history` reads the same forms back.

The first command defines four functions of the shell, so that each later step says only what it is about:
``run`` runs the snippet, ``code`` shows lines of the file ``$f`` without docstrings, ``look`` lists the files
that hold a definition, sets ``$f`` to the first and shows it, ``try`` makes one edit and runs the snippet. A
command on another file begins by setting ``$f``; `spoken` leaves that out where it is set already.
"""

from collections.abc import Sequence

from repodojo.scaffolds.bash_only import ISSUE_FILE

SCRIPT = "/tmp/r.py"  # noqa: S108
_FOUND = "/tmp/f"  # noqa: S108
_FIRST_LINES = 8
"""Of the snippet's output, the last ones that the first command shows."""
VIEW_LINES = 18
SUBMIT = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"


def reproduce(text: str, lines: int) -> str:
    """Write the issue's snippet to a file, run it, and look for a text.

    ``lines`` is how many of the snippet's last lines a try shows.
    """
    return "\n".join(
        [
            f"awk '/^```/ {{p=/python/; next}} p' {ISSUE_FILE} > {SCRIPT}",
            f"run() {{ python -X no_debug_ranges {SCRIPT} 2>&1; }}",
            'code() { awk \'{n=gsub(/"""/,"&")} n==1 {d=!d} n+d==0 {print NR":"$0}\' $f'
            f' | grep -A {VIEW_LINES} "$1"; }}',
            f'look() {{ grep -rl "$1" --include=*.py . | sort | tee {_FOUND}',
            f"g=$(grep -v /test {_FOUND} | head -1)",
            '[ $g ] && f=$g && code "$1"; }',
            f'try() {{ git checkout -q .; sed -i "$1" $f; run | tail -{lines}; }}',
            f"run | tail -{_FIRST_LINES}",
            look(text),
        ]
    )


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


def attempt(edit: str) -> str:
    """Make an edit on the file as it was, run the snippet, and show its last lines."""
    script, path = edit.removeprefix("sed -i ").rsplit(" ", maxsplit=1)
    return f"f={path}; try {script}"


def spoken(command: str, current: str) -> str:
    """Leave the file out of a command where ``$f`` is that file already."""
    return command.removeprefix(f"f={current}; ")
