"""How a benchmark says what it measured."""

import json
import sys
from collections.abc import Mapping


def print_table(table: Mapping[str, Mapping[str, object]]) -> None:
    """Print a line for each row, then the whole as one line of JSON."""
    for name, row in table.items():
        sys.stdout.write(f"{name:26}" + "".join(f"  {key} {value:>9}" for key, value in row.items()) + "\n")
    sys.stdout.write(json.dumps(table) + "\n")
