"""Prints the results of several seeds, alone and together.

Run as ``python -m repodojo.reporting.over_seeds PLACE...``, each place an ``instance_results.jsonl`` or a
folder that holds one: the next seed's run replaces it, so keep copies.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from repodojo.errors import InputError
from repodojo.metrics.instance_results import DIFFERENCES, LEVELS, over_seeds
from repodojo.metrics.plain import plain
from repodojo.reporting.text import aligned, difference, with_interval

FILE = "instance_results.jsonl"


def read_results(place: Path) -> list[dict[str, Any]]:
    """Read the rows of one seed.

    Raises:
        InputError: naming the file, and what is wrong with it.
    """
    path = place / FILE if place.is_dir() else place
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; run: kedro run --pipeline=inference_scaling") from error
    except ValueError as error:
        raise InputError(f"{path}: expected a JSON object a line, found: {error}") from error
    wanted = {"instance_id", "k", "mean_shared", *LEVELS}
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or not wanted <= row.keys():
            raise InputError(f"{path}: row {number}: expected the fields {', '.join(sorted(wanted))}")
    if not rows:
        raise InputError(f"{path}: expected a row for each instance, found none")
    return rows


def table(seeds: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """Return a line for each number, with a column for each seed and one for all together."""
    found = {name: over_seeds({name: rows}) for name, rows in seeds.items()} | {"all": over_seeds(seeds)}
    cells = [("%", *found)]
    for name in (*LEVELS, *DIFFERENCES):
        show = difference if name in DIFFERENCES else with_interval
        cells.append((name, *(show(plain(each[name])) for each in found.values())))
    return aligned(cells)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, or what is wrong with the places given."""
    places = sys.argv[1:] if arguments is None else list(arguments)
    if not places:
        print(str(__doc__).partition("\n\n")[2].strip(), file=sys.stderr)
        return 2
    try:
        seeds = {place: read_results(Path(place)) for place in places}
        print("\n".join(table(seeds)))
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
