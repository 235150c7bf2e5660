"""Grades again what was saved: logs of an evaluation, without a sandbox or a model.

``python -m repodojo.grading.regrade FOLDER ROWS`` grades every log under a folder: ``test_output.txt`` in a
folder that is named for its instance (``patch.diff`` beside it), and files that end in ``.eval.log``. It
prints one verdict a line, then counts.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, get_args

from repodojo.errors import InputError
from repodojo.grading.log_parsers import find_parser
from repodojo.grading.patches import patch_digest
from repodojo.grading.rules import RequiredTests, Rule
from repodojo.grading.saved_logs import decode, read_log
from repodojo.grading.verdict import judge_statuses, not_measured, refuse
from repodojo.types import Verdict, to_json


class LoggedInstance(RequiredTests, Protocol):
    """What grading a log takes: the tests that must pass, and whose log it is."""

    @property
    def repo(self) -> str:
        """``owner/repo``."""


class InstanceRow(LoggedInstance, Protocol):
    """The same as a row of a published set, whose other columns may name its log parser."""

    @property
    def extra(self) -> Mapping[str, Any]:
        """Every other column."""


class SavedLog(NamedTuple):
    """One log of an evaluation."""

    instance_id: str
    rollout_id: str
    text: str
    patch: str | None = None
    """None where it was not saved."""


def grade_log(
    saved: SavedLog, instance: LoggedInstance, rule: Rule = "swebench", parser: str = ""
) -> Verdict:
    """Return the verdict that a log shows; ``parser`` is SWE-bench's ``log_parser``, else the repository's.

    Raises:
        InputError: there is no such parser.
    """
    digest = "" if saved.patch is None else patch_digest(saved.patch)
    if saved.patch is not None and not saved.patch.strip():
        return refuse(instance, saved.rollout_id, "empty_patch", digest, 0.0)
    reading = read_log(saved.text, find_parser(instance.repo, parser), rule)
    if not reading.measured:
        return not_measured(instance, saved.rollout_id, reading.fault, digest)
    if reading.fault:
        return refuse(instance, saved.rollout_id, reading.fault, digest, 0.0)
    return judge_statuses(reading.statuses, instance, saved.rollout_id, digest, 0.0, rule)


def find_logs(folder: Path, instance_ids: Collection[str]) -> Iterator[SavedLog]:
    """Yield the logs under a folder, in the order of their paths; attempts are numbered by instance.

    Raises:
        InputError: there is none, or one is of no instance among ``instance_ids``.
    """
    paths = sorted([*folder.rglob("test_output.txt"), *folder.rglob("*.eval.log")])
    if not paths:
        raise InputError(f"{folder}: expected files test_output.txt or *.eval.log, found none")
    attempts: Counter[str] = Counter()
    for path in paths:
        instance_id = _instance_of(path, instance_ids)
        patch = path.with_name("patch.diff")
        yield SavedLog(
            instance_id,
            f"{instance_id}.{attempts[instance_id]}",
            decode(path.read_bytes()),
            decode(patch.read_bytes()) if path.name == "test_output.txt" and patch.is_file() else None,
        )
        attempts[instance_id] += 1


def _instance_of(path: Path, instance_ids: Collection[str]) -> str:
    name = path.parent.name if path.name == "test_output.txt" else path.name
    fitting = [known for known in instance_ids if name == known or name.endswith(f"__{known}")]
    fitting = fitting or [known for known in instance_ids if name.startswith(f"{known}.")]
    if not fitting:
        raise InputError(f"{path}: expected the log of one of {len(instance_ids)} instances, found {name!r}")
    return max(fitting, key=len)


def main(arguments: Sequence[str] | None = None) -> int:
    """Grade a folder of logs and print what comes of it, or what is wrong with it."""
    # Rows are read by `instances.sources`, which builds on this package.
    from repodojo.instances.sources.files import read_rows  # noqa: PLC0415

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="holds test_output.txt or *.eval.log, at any depth")
    parser.add_argument("rows", type=Path, help="the instances, with SWE-bench's columns")
    parser.add_argument("--rule", choices=get_args(Rule), default="swebench", help="what counts as resolved")
    chosen = parser.parse_args(arguments)
    try:
        found = read_rows(chosen.rows)
        for rejection in found.rejected:
            sys.stderr.write(f"{rejection.reason}\n")
        regrade(chosen.folder, {row.instance_id: row for row in found.rows}, chosen.rule)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def regrade(folder: Path, rows: Mapping[str, InstanceRow], rule: Rule) -> None:
    """Print a verdict a line, and at last how many of each outcome.

    Raises:
        InputError: no row is given, or a log is of none of them.
    """
    if not rows:
        raise InputError(f"{folder}: its logs are of no known instance: no row could be read")
    counts: Counter[str] = Counter()
    for saved in find_logs(folder, rows):
        row = rows[saved.instance_id]
        verdict = grade_log(saved, row, rule, str(row.extra.get("log_parser") or ""))
        counts[verdict.outcome] += 1
        sys.stdout.write(json.dumps(to_json(verdict)) + "\n")
    sys.stderr.write(f"{rule}: {dict(sorted(counts.items()))}\n")


if __name__ == "__main__":
    sys.exit(main())
