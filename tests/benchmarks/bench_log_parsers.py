"""Script: how many lines of a test log each parser reads a second.

Run as ``python tests/benchmarks/bench_log_parsers.py [LOG ...]``. Without logs it reads made-up ones, in
which a third of the lines, or each, is a status line and the rest are lines of usual length. Where swebench
is installed, its parser of the same name reads the same text beside ours. CPU time of the best of several
passes; it prints a table and a line of JSON; nothing here fails for a time.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from repodojo.grading.log_parsers import PARSERS

LINES = 60_000
NOISE = "    {number} of these lines says nothing about a test, as in most logs\t(module.py:{number})"
PYTEST = "{word} tests/test_a.py::test_{number}[a-{number}]"
VERBOSE = "tests/test_a.py::test_{number}[a-{number}] {word}                   [{percent:3}%]"
UNITTEST = "test_{number} (app.tests.Case{number}) ... {word}"
SYMPY = "test_{number} {word}"
WORDS = {
    UNITTEST: ("ok", "FAIL", "skipped 'x'"),
    SYMPY: ("ok", "F", "E"),
    PYTEST: ("PASSED", "FAILED", "SKIPPED"),
    VERBOSE: ("PASSED", "FAILED", "SKIPPED"),
}
STYLES = (
    *((name, PYTEST) for name in ("parse_log_pytest", "parse_log_pytest_options", "parse_log_pytest_v2")),
    *((name, PYTEST) for name in ("parse_log_pydantic", "parse_log_matplotlib", "parse_log_seaborn")),
    *(("parse_log_django", UNITTEST), ("parse_log_sympy", SYMPY)),
    *(("pytest", PYTEST), ("pytest", VERBOSE), ("unittest", UNITTEST)),
    *(("tox", PYTEST), ("tox", VERBOSE), ("tox", UNITTEST)),
)
"""Parsers, and lines of the runners whose output they are for."""


def made_up(style: str, every: int) -> str:
    """Return a log in which one line of ``every`` is a status line."""
    rng = random.Random(0)
    lines = [
        (NOISE if number % every else style).format(
            number=number, word=rng.choice(WORDS[style]), percent=100 * number // LINES
        )
        for number in range(LINES)
    ]
    heading = ["=========================== short test summary info ============================"]
    return "\n".join(heading * (style == PYTEST) + lines)


def lines_per_second(parse: Callable[[str], Any], text: str, passes: int = 5) -> float:
    """Return the best rate of several passes, by CPU time."""
    best = float("inf")
    for _ in range(passes):
        started = time.process_time()
        parse(text)
        best = min(best, time.process_time() - started)
    return (text.count("\n") + 1) / best


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")


def swebench_parsers() -> dict[str, Callable[[str], Any]]:
    """Return swebench's parsers by name; none where it is not installed."""
    if find_spec("swebench") is None:
        return {}
    registry = import_module("swebench.harness.log_parsers").PARSER_REGISTRY
    return {name: lambda text, parse=parse: parse(text, None) for name, parse in registry.items()}


def inputs(logs: Sequence[Path]) -> Iterator[tuple[str, str, str]]:
    """Yield a parser's name, what it reads, and the text."""
    if logs:
        text = "\n".join(path.read_text(errors="replace") for path in logs)
        yield from ((name, f"{len(logs)} logs", text) for name in dict.fromkeys(name for name, _ in STYLES))
        return
    for name, style in STYLES:
        for every in (3, 1):
            shown = style.format(number=1, word=WORDS[style][0], percent=0)
            yield name, f"1 of {every} {' '.join(shown.split())}", made_up(style, every)


def main() -> None:
    """Measure, and print a table and a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("logs", nargs="*", type=Path)
    peers = swebench_parsers()
    rows: list[dict[str, Any]] = []
    say(f"{'parser':26}{'reads':50}{'lines/s':>12}{'swebench':>12}")
    for name, reads, text in inputs(parser.parse_args().logs):
        rates = {"repodojo": lines_per_second(PARSERS[name], text)}
        if name in peers:
            rates["swebench"] = lines_per_second(peers[name], text)
        rows.append({"parser": name, "reads": reads, **rates})
        say(f"{name:26}{reads:50}{rates['repodojo']:12,.0f}{rates.get('swebench', float('nan')):12,.0f}")
    say(json.dumps({"lines_per_second": rows}))


if __name__ == "__main__":
    main()
