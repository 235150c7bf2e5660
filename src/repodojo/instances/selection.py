"""Chooses instances among proven bugs: balanced over projects and kinds, whatever order they came in."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from repodojo.errors import InputError
from repodojo.instances.decontamination import find_contamination, index_evaluation
from repodojo.instances.settings import SelectionSettings
from repodojo.instances.sources.row import SourceRow
from repodojo.instances.validation import Validation
from repodojo.types import Instance, Split

NOT_SELECTED = "not_selected"
CONTAMINATED = "contaminated"


@dataclass(frozen=True)
class Selection:
    """What was chosen, and why the rest was not."""

    instances: list[Instance]
    rejected: list[dict[str, Any]]
    """One row for each other candidate: id, environment, kind, place, reason."""


def select_instances(
    validations: Mapping[str, Validation],
    settings: SelectionSettings,
    evaluation_rows: Iterable[SourceRow] = (),
) -> Selection:
    """Choose at most so many instances of each project, of the kinds taken least so far.

    None is chosen that shares a trait with ``evaluation_rows``.

    Raises:
        InputError: a split has fewer than ``at_least``.
    """
    validations = _decontaminate(validations, settings, evaluation_rows)
    chosen: dict[str, Instance] = {}
    for split, most in sorted(settings.per_project.items()):
        proven = [v for v in validations.values() if v.instance is not None and v.instance.split == split]
        chosen |= {v.candidate_id: v.instance for v in _balance(proven, most, settings) if v.instance}
    _check_enough(chosen.values(), validations.values(), settings)
    rejected = [_row(validation) for key, validation in sorted(validations.items()) if key not in chosen]
    return Selection([chosen[key] for key in sorted(chosen)], rejected)


def first_of_each_repository(instances: Iterable[Instance], most: int | None) -> list[Instance]:
    """Return at most so many instances of each repository, by id; None takes all."""
    by_repository: dict[str, list[Instance]] = defaultdict(list)
    for instance in sorted(instances, key=lambda each: each.instance_id):
        by_repository[instance.repo].append(instance)
    return [each for group in by_repository.values() for each in group[:most]]


def _decontaminate(
    validations: Mapping[str, Validation], settings: SelectionSettings, evaluation_rows: Iterable[SourceRow]
) -> dict[str, Validation]:
    """Turn the proven that evaluation sets hold too into rejected ones."""
    index = index_evaluation(evaluation_rows)
    found = dict(validations)
    for key, each in validations.items():
        if each.instance is not None:
            shared = find_contamination(
                each.instance, index, settings.decontaminate_by, settings.issue_similarity
            )
            if shared:
                found[key] = replace(each, instance=None, reason=CONTAMINATED, detail=", ".join(shared))
    return found


def _balance(proven: list[Validation], most: int, settings: SelectionSettings) -> list[Validation]:
    """Take one of each project in turn, of its kind taken least so far in all projects."""
    by_project: dict[str, list[Validation]] = defaultdict(list)
    for validation in sorted(proven, key=lambda validation: _draw(validation.candidate_id, settings.seed)):
        by_project[validation.environment].append(validation)
    taken: list[Validation] = []
    kinds: Counter[str] = Counter()
    functions: Counter[tuple[str, str, str]] = Counter()
    for _ in range(most):
        for project in sorted(by_project):
            left = [v for v in by_project[project] if functions[_function(v)] < settings.per_function]
            if left:
                rarest = min(left, key=lambda validation: kinds[validation.kind])
                by_project[project].remove(rarest)
                kinds[rarest.kind] += 1
                functions[_function(rarest)] += 1
                taken.append(rarest)
    return taken


def _draw(candidate_id: str, seed: int) -> str:
    """Return a key that orders ids at random, whatever the other ids are."""
    return hashlib.sha256(f"{seed}:{candidate_id}".encode()).hexdigest()


def _function(validation: Validation) -> tuple[str, str, str]:
    return validation.environment, validation.path, validation.function


def _check_enough(
    instances: Iterable[Instance], validations: Iterable[Validation], settings: SelectionSettings
) -> None:
    found: Counter[Split] = Counter(instance.split for instance in instances)
    reasons = Counter(validation.reason or "proven" for validation in validations).most_common()
    listed = ", ".join(f"{count} {reason}" for reason, count in reasons)
    for split, least in settings.at_least.items():
        if found[split] < least:
            raise InputError(
                f"env_build: {found[split]} '{split}' instances were proven, expected at least {least} "
                f"(candidates: {listed}); raise 'env_build.injection.candidates_per_project' or add projects"
            )


def _row(validation: Validation) -> dict[str, Any]:
    row = asdict(validation)
    fields = ("candidate_id", "environment", "kind", "path", "function", "detail")
    return {**{name: row[name] for name in fields}, "reason": validation.reason or NOT_SELECTED}
