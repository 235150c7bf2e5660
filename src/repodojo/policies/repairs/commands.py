"""The shell commands that the repair agent gives; `history` reads the same forms back.

The shell keeps the file that is worked on in ``$f``; every command on a file begins by setting it, and
`spoken` leaves that out where it is set already. The first command defines three functions of the shell:
``code`` prints the file's lines with their numbers and without docstrings, ``run`` runs the snippet, ``try``
makes one edit and runs it. What remains to be said at each step is what the step is about.
"""

from repodojo.scaffolds.bash_only import ISSUE_FILE

SCRIPT = "/tmp/r.py"  # noqa: S108
VIEW_LINES = 18
SUBMIT = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"


def reproduce(text: str, lines: int) -> str:
    """Write the issue's snippet to a file, run it, and list the files that hold a text.

    ``lines`` is how many of the snippet's last lines a try shows.
    """
    return "\n".join(
        [
            f"awk '/^```/ {{p=/python/; next}} p' {ISSUE_FILE} > {SCRIPT}",
            '''code() { awk '{n=gsub(/"""/,"&")} n==1 {d=!d} n+d==0 {print NR":"$0}' $f; }''',
            f"run() {{ python -X no_debug_ranges {SCRIPT} 2>&1; }}",
            f'try() {{ git checkout -q .; sed -i "$1" $f; run | tail -{lines}; }}',
            "run",
            locate(text),
        ]
    )


def locate(text: str) -> str:
    """List the files that hold a text."""
    return f'grep -rl "{text}" --include=*.py .'


def search(name: str) -> str:
    """Show where a name is mentioned."""
    return f'grep -rnw "{name}" --include=*.py . | head -20'


def view(text: str, path: str) -> str:
    """Show the lines of code from a definition on."""
    return f'f={path}; code | grep -A {VIEW_LINES} "{text}"'


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
