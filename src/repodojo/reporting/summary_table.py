"""Prints where the report is, and the short table of a run's headline numbers."""

import argparse
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from repodojo.reporting.summary import Number, Summary
from repodojo.reporting.text import UNDEFINED, aligned, number, percent, points

ROWS = (
    ("instances", "instances built", "env_build"),
    ("instances.train", "  to train on", "env_build"),
    ("instances.held_out", "  held out", "env_build"),
    ("rollouts", "rollouts", "reporting"),
    ("teacher.rollouts", "  of the teacher", "sampling"),
    ("teacher.resolve_rate", "  resolved by it, %", "sampling"),
    ("zero_shot.resolve_rate", "resolve rate %, zero-shot", "evaluation"),
    ("control.resolve_rate", "resolve rate %, control", "evaluation"),
    ("fine_tuned.resolve_rate", "resolve rate %, fine-tuned", "evaluation"),
    ("fine_tuned_minus_zero_shot.greedy", "  above zero-shot, points", "evaluation"),
    ("fine_tuned_minus_zero_shot.mean", "  the same over all shared attempts", "evaluation"),
    ("fine_tuned_minus_control.greedy", "  above control, points", "evaluation"),
    ("fine_tuned_minus_control.mean", "  the same over all shared attempts", "evaluation"),
    ("scaling.random_at_K", "random@K %", "inference_scaling"),
    ("scaling.pass_at_K", "pass@K %", "inference_scaling"),
    ("scaling.best_at_K", "best@K %", "inference_scaling"),
    ("scaling.best_minus_greedy", "  above greedy, points", "inference_scaling"),
    ("scaling.best_minus_random", "  above random@K, points", "inference_scaling"),
)
"""Name, words and pipeline of each row; K stands for the largest k of the run."""


def short_table(numbers: Mapping[str, Number]) -> list[str]:
    """Return the lines of the table; a number that is not there names the command that measures it."""
    k = max(
        (int(m[1]) for name in numbers if (m := re.fullmatch(r"scaling\.best_at_(\d+)", name))), default=8
    )
    cells = [("", "value", "95 % interval", "n")]
    for name, words, pipeline in ROWS:
        found = numbers.get(name.replace("K", str(k)))
        row = ("", "not measured", f"run: kedro run --pipeline={pipeline}", "")
        cells.append((words.replace("K", str(k)), *(_cells(found) if found else row[1:])))
    return aligned(cells, right=(1,))


def _cells(found: Number) -> tuple[str, str, str]:
    """Return value, interval and n of one number."""
    rests_on = f"{found.n:,} {found.of}"
    if found.value is None:
        return UNDEFINED, found.reason, rests_on
    if found.unit == "count":
        return number(int(found.value)), "", rests_on
    render = points if found.unit == "difference of shares" else percent
    interval = "" if found.low is None else f"[{render(found.low)}, {render(found.high)}]"
    return render(found.value), interval, rests_on


def load_summary(path: Path) -> Summary | None:
    """Read a summary; None where there is none, or one of another schema."""
    try:
        return Summary.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError):
        return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report's place and the table; takes the path of a summary, by default the data folder's."""
    default = Path(os.environ.get("REPODOJO_DATA") or "data") / "08_reporting" / "summary.json"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("summary", type=Path, nargs="?", default=default, help="by default %(default)s")
    path: Path = parser.parse_args(arguments).summary
    report, summary = path.with_name("report.html"), load_summary(path)
    print(f"report:  {report.absolute()}" if report.exists() else "report:  not written yet; run: kedro run")
    print(f"summary: {path.absolute()}" if summary else f"summary: none at {path}; run: kedro run")
    print()
    print("\n".join(short_table(summary.numbers if summary else {})))
    return 0


if __name__ == "__main__":
    sys.exit(main())
