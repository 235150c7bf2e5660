"""Script: how many lines of a test log each parser reads a second.

Run as ``python tests/benchmarks/bench_log_parsers.py [LOG ...]``. Without logs it reads made-up ones, in
which a third of the lines is a status line and the rest are lines of usual length. Where swebench is
installed, its parser of the same name reads the same text beside ours. CPU time of the best of several
passes; it prints a table and a line of JSON; nothing here fails for a time.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from repodojo.grading.log_parsers import PARSERS

LINES = 60_000
NOISE = "    {number} of these lines says nothing about a test, as in most logs\t(module.py:{number})"
STYLES = {
    "parse_log_django": "test_{number} (app.tests.Case{number}) ... {word}",
    "unittest": "test_{number} (app.tests.Case{number}) ... {word}",
    "parse_log_sympy": "test_{number} {word}",
}
WORDS = {
    "django": ("ok", "FAIL", "skipped 'x'"),
    "sympy": ("ok", "F", "E"),
    "other": ("PASSED", "FAILED", "SKIPPED"),
}
NAMES = (
    *("parse_log_pytest", "parse_log_pytest_options", "parse_log_pytest_v2", "parse_log_pydantic"),
    *("parse_log_matplotlib", "parse_log_seaborn", "parse_log_django", "parse_log_sympy"),
    *("pytest", "unittest", "tox"),
)


def made_up(name: str) -> str:
    """Return a log in the style that a parser is for."""
    rng = random.Random(0)
    style = STYLES.get(name, "{word} tests/test_a.py::test_{number}[a-{number}]")
    words = WORDS["sympy" if name.endswith("sympy") else "django" if name in STYLES else "other"]
    lines = [
        (style if number % 3 == 0 else NOISE).format(number=number, word=rng.choice(words))
        for number in range(LINES)
    ]
    lines.insert(0, "=========================== short test summary info ============================")
    return "\n".join(lines)


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


def main() -> None:
    """Measure, and print a table and a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("logs", nargs="*", type=Path)
    texts = [path.read_text(errors="replace") for path in parser.parse_args().logs]
    peers = swebench_parsers()
    rates: dict[str, dict[str, float]] = {}
    say(f"{'parser':28}{'lines/s':>14}{'swebench':>14}")
    for name in NAMES:
        text = "\n".join(texts) or made_up(name)
        rates[name] = {"repodojo": lines_per_second(PARSERS[name], text)}
        if name in peers:
            rates[name]["swebench"] = lines_per_second(peers[name], text)
        say(f"{name:28}{rates[name]['repodojo']:14,.0f}{rates[name].get('swebench', float('nan')):14,.0f}")
    say(json.dumps({"lines_per_second": rates, "logs": len(texts)}))


if __name__ == "__main__":
    main()
