"""What an environment gives its sandboxes beside files: system packages, variables, and how tests are run.

It lies as ``surroundings.json`` in the environment's folder, so that whoever starts a sandbox there, an
agent's or a grader's, has the same. An environment without that file asks for nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from repodojo.types import from_json, to_json
from repodojo.unfinished import write_text

SURROUNDINGS = "surroundings.json"
PROGRAMS = "/usr/share/repodojo/programs"
"""Where a sandbox names the programs that its system packages brought, one a line; none without packages."""


@dataclass(frozen=True)
class Surroundings:
    """What stands around the sources."""

    system_packages: tuple[str, ...] = ()
    """Debian's names; see `Sandboxes.system_packages`."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that every command sees."""
    test_runner: str = "pytest"
    """One of `grading.runners`."""
    test_options: tuple[str, ...] = ()
    """Words that the test runner is given beside the tests."""


NOTHING_AROUND = Surroundings()


def write_surroundings(surroundings: Surroundings, folder: Path) -> None:
    """Write them to an environment's folder."""
    write_text(folder / SURROUNDINGS, json.dumps(to_json(surroundings), sort_keys=True))


def read_surroundings(folder: Path) -> Surroundings:
    """Read those of an environment's folder; where it has none, they are empty.

    Raises:
        InputError: the file is not what `write_surroundings` writes.
    """
    path = folder / SURROUNDINGS
    if not path.is_file():
        return NOTHING_AROUND
    return from_json(Surroundings, dict(json.loads(path.read_text(encoding="utf-8"))), str(path))
