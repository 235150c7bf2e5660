"""Reads the output of sympy's own test runner as SWE-bench's harness does.

Ids are bare function names, so tests of one name in two files share a status. The last test of a file, whose
line ends with ``[OK]`` or ``[FAIL]``, has no status; the official lists were made without it.
"""


def parse_sympy(log: str) -> dict[str, str]:
    """Return the status by function name, and FAILED by ``file.py:function`` for every traceback."""
    found = {f"{file}.py:{test}": "FAILED" for file, test in _headings(log)}
    for raw in log.split("\n"):
        if "test_" not in raw:
            continue
        line = raw.strip()
        if not line.startswith("test_"):
            continue
        if line.endswith(" E"):
            found[line.split(None, 1)[0]] = "ERROR"
        elif line.endswith(" F"):
            found[line.split(None, 1)[0]] = "FAILED"
        elif line.endswith(" ok"):
            found[line.split(None, 1)[0]] = "PASSED"
    return found


def _headings(log: str) -> list[tuple[str, str]]:
    r"""Find headings of tracebacks, ``____ sympy/a/tests/test_b.py:test_c ____``: one on a line that has any.

    As the pattern ``(_*) (.*)\.py:(.*) (_*)`` finds them, in time that grows with the text only.
    """
    found = []
    position = log.find(".py:")
    while position >= 0:
        start = log.rfind("\n", 0, position) + 1
        end = log.find("\n", position)
        end = len(log) if end < 0 else end
        first, last = log.find(" ", start, end), log.rfind(" ", start, end)
        name_end = log.rfind(".py:", start, last)
        if start <= first < name_end:
            found.append((log[first + 1 : name_end], log[name_end + 4 : last]))
        position = log.find(".py:", end)
    return found
