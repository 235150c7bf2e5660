"""What became of the rows of clones: a forecast before, counts by repository and cause after; pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from repodojo.environments.recipes.environment_records import CloneEnvironment
from repodojo.instances.mining.records import MinedValidation
from repodojo.instances.mining.rows import CloneRows
from repodojo.types import Instance

ALL = "all"
_OTHERS = frozenset({"fatal", "error"})
"""First words of messages that are git's own."""
_ENVIRONMENT_BYTES, _ENVIRONMENT_S, _ROW_S = 20_000_000, 15.0, 20.0
"""Of ordinary pure-Python projects on one core."""


def forecast(rows: Iterable[CloneRows]) -> str:
    """Say how much work, disk and time the rows ask for."""
    found = list(rows)
    candidates = sum(len(each.rows) for each in found)
    environments = sum(len(each.wanted) for each in found)
    clones = sum(bool(each.head) for each in found)
    return (
        f"{candidates} candidates of {clones} clones, {environments} environments, "
        f"about {_costs(_foreseen_bytes(found), _foreseen_s(found))}"
    )


def outcome(counts: Sequence[Mapping[str, Any]]) -> str:
    """Say what became of the rows, and what that took beside the forecast; ``counts`` is of `count`."""
    total = counts[-1]
    return (
        f"{total['valid']} of {total['tried']} candidates are valid, {_turned_away(total['reasons'])}"
        f"{total['environments_built']} of {total['environments']} environments built, "
        f"{_costs(total['bytes'], total['environment_s'] + total['validation_s'])}; "
        f"the forecast was {_costs(total['forecast_bytes'], total['forecast_s'])}"
    )


def _turned_away(reasons: Mapping[str, int]) -> str:
    """Say how many rows are no instance for a reason of their own, and where it is told."""
    turned = sum(number for reason, number in reasons.items() if reason != "row: not_tried")
    return f"{turned} turned away (rejected_candidates.jsonl says why each), " if turned else ""


def _foreseen_bytes(rows: Collection[CloneRows]) -> int:
    return _ENVIRONMENT_BYTES * sum(len(each.wanted) for each in rows)


def _foreseen_s(rows: Collection[CloneRows]) -> float:
    return sum(len(each.wanted) * _ENVIRONMENT_S + len(each.rows) * _ROW_S for each in rows)


def _costs(size: int, seconds: float) -> str:
    return f"{size / 1e9:.2g} GB of packages and {seconds / 60:.0f} minutes of one core"


def mined_instances(validations: Iterable[MinedValidation]) -> list[Instance]:
    """Return the instances, sorted by id."""
    found = [validation.instance for validation in validations if validation.instance is not None]
    return sorted(found, key=lambda instance: instance.instance_id)


def rejected_rows(rows: Iterable[CloneRows], validations: Iterable[MinedValidation]) -> list[dict[str, Any]]:
    """Return a row for each candidate that is no instance, with the stage where it ended and the reason."""
    early = [{**each, "environment": ""} for found in rows for each in found.rejected]
    late = [
        {
            "candidate_id": each.candidate_id,
            "where": each.repo,
            "stage": each.stage,
            "reason": each.reason,
            "environment": each.environment,
        }
        for each in validations
        if each.instance is None
    ]
    return sorted([*early, *late], key=lambda row: (row["where"], row["candidate_id"]))


def count(
    rows: Iterable[CloneRows],
    environments: Iterable[CloneEnvironment],
    validations: Iterable[MinedValidation],
) -> list[dict[str, Any]]:
    """Return a row for each repository and their sum: found, tried, built, valid, reasons, cost."""
    found, built, proven = list(rows), list(environments), list(validations)
    names = sorted(each.repo for each in found)
    groups = [(name, {name}) for name in names] + [(ALL, set(names))]
    return [
        _count(
            name,
            [each for each in found if each.repo in repos],
            [each for each in built if each.repo in repos],
            [each for each in proven if each.repo in repos],
        )
        for name, repos in groups
    ]


def _count(
    name: str,
    rows: Collection[CloneRows],
    environments: Collection[CloneEnvironment],
    validations: Collection[MinedValidation],
) -> dict[str, Any]:
    valid = sum(each.instance is not None for each in validations)
    working = [each for each in environments if each.works]
    reasons = Counter(f"{each.stage}: {_word(each.reason)}" for each in validations if each.instance is None)
    reasons.update(f"{row['stage']}: {_word(row['reason'])}" for each in rows for row in each.rejected)
    return {
        "repo": name,
        "found": sum(each.candidates for each in rows),
        "tried": len(validations),
        "environments": len(environments),
        "environments_built": len(working),
        "in_built_environment": sum(each.stage != "environment" for each in validations),
        "valid": valid,
        "yield": round(valid / len(validations), 3) if validations else None,
        "reasons": dict(sorted(reasons.items())),
        "forecast_bytes": _foreseen_bytes(rows),
        "bytes": sum({each.packages: each.bytes for each in working}.values()),
        "forecast_s": round(_foreseen_s(rows), 1),
        "environment_s": round(sum(each.seconds for each in environments), 1),
        "validation_s": round(sum(each.seconds for each in validations), 1),
        "test_s": round(sum(each.test_s for each in validations), 1),
    }


def _word(reason: str) -> str:
    """Return the reason's name, without its details."""
    words = (part for part in reason.split(": ") if part.replace("_", "").isalpha() and part.islower())
    return next((word for word in words if word not in _OTHERS), "malformed")
