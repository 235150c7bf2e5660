"""The instance table: a row for each instance with what was measured of it; pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from repodojo.instances.certificate import Certificate
from repodojo.instances.difficulty import measure_difficulty
from repodojo.instances.row_statistics import measure_gold
from repodojo.types import Instance, Verdict, to_json


def tabulate_instances(
    instances: Iterable[Instance], certificates: Mapping[str, Certificate], verdicts: Iterable[Verdict]
) -> list[dict[str, Any]]:
    """Return a row for each instance: identity, sizes, difficulty by the verdicts, certificate or None."""
    listed = list(instances)
    difficulty = measure_difficulty((each.instance_id for each in listed), verdicts)
    rows = []
    for each in listed:
        gold = measure_gold(each.patch)
        certificate = certificates.get(each.instance_id)
        rows.append(
            {
                "instance_id": each.instance_id,
                "repo": each.repo,
                "version": each.version,
                "split": each.split,
                "kind": each.metadata.get("kind"),
                "issue_words": len(each.problem_statement.split()),
                "gold_lines": gold.lines,
                "gold_files": gold.files,
                "fail_to_pass": len(each.FAIL_TO_PASS),
                "pass_to_pass": len(each.PASS_TO_PASS),
                "difficulty": asdict(difficulty[each.instance_id]),
                "certificate": None if certificate is None else _certified(certificate),
            }
        )
    return rows


def _certified(certificate: Certificate) -> dict[str, Any]:
    return to_json(certificate) | {"holds": certificate.holds, "kill_score": certificate.kill_score}
