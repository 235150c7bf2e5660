"""What became of the candidates, by project and by kind, and what the instances are like."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from repodojo.environments.build_records import EnvironmentBuild
from repodojo.instances.selection import CONTAMINATED, NOT_SELECTED
from repodojo.instances.validation import Validation
from repodojo.types import Instance

ALL = "all"
SELECTED = "selected"
_PROVEN = (SELECTED, NOT_SELECTED, CONTAMINATED)


def funnel(validations: Iterable[Validation], rejected: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a row for each project and kind, sums under ``all``: proposed, proven, selected, reasons.

    Args:
        validations: of all candidates.
        rejected: a row with ``candidate_id`` and ``reason`` for each that became no instance.
    """
    reasons = {row["candidate_id"]: row["reason"] for row in rejected}
    counts: dict[tuple[str, str], Counter[str]] = {}
    for validation in validations:
        outcome = reasons.get(validation.candidate_id, SELECTED)
        for key in _groups(validation):
            counts.setdefault(key, Counter())[outcome] += 1
    return [_row(project, kind, counts[project, kind]) for project, kind in sorted(counts)]


def _groups(validation: Validation) -> list[tuple[str, str]]:
    return [(project, kind) for project in (validation.environment, ALL) for kind in (validation.kind, ALL)]


def _row(project: str, kind: str, counts: Counter[str]) -> dict[str, Any]:
    proven = sum(counts[outcome] for outcome in _PROVEN)
    reasons = {name: count for name, count in sorted(counts.items()) if name not in (SELECTED, NOT_SELECTED)}
    proposed = counts.total()
    return {
        "project": project,
        "kind": kind,
        "proposed": proposed,
        "proven": proven,
        "selected": counts[SELECTED],
        "yield": round(proven / proposed, 3),
        "reasons": reasons,
    }


def describe_instances(
    instances: Sequence[Instance],
    validations: Mapping[str, Validation],
    builds: Mapping[str, EnvironmentBuild],
) -> dict[str, Any]:
    """Return the headline figures of an `env_build`; shares are None where there is no instance."""
    metadata = [instance.metadata for instance in instances]
    return {
        "instances": dict(sorted(Counter(instance.split for instance in instances).items())),
        "projects": {
            split: sorted({instance.environment for instance in instances if instance.split == split})
            for split in ("train", "held_out")
        },
        "kinds": dict(sorted(Counter(str(row["kind"]) for row in metadata).items())),
        "candidates": len(validations),
        "yield": _mean([validation.instance is not None for validation in validations.values()]),
        "share_naming_the_function": _mean([bool(row["names_function"]) for row in metadata]),
        "share_importing_the_module": _mean([bool(row["names_module"]) for row in metadata]),
        "mean_fail_to_pass": _mean([len(instance.FAIL_TO_PASS) for instance in instances]),
        "mean_pass_to_pass": _mean([len(instance.PASS_TO_PASS) for instance in instances]),
        "mean_issue_characters": _mean([len(instance.problem_statement) for instance in instances]),
        "validation_s": round(sum(validation.seconds for validation in validations.values()), 1),
        "build_s": round(sum(sum(build.report.seconds.values()) for build in builds.values()), 1),
    }


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None
