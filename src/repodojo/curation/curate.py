"""All steps in a row: keep the resolved, apply the rules, and choose controls among the unresolved."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from repodojo.curation.attempts import describe_attempts
from repodojo.curation.contamination import find_contaminated, find_overlaps
from repodojo.curation.dedup import drop_repeated
from repodojo.curation.mixes import match_controls
from repodojo.curation.near_duplicates import SIZE, Signatures, action_shingles, sign
from repodojo.curation.quality import FLAGS, quality_flags
from repodojo.curation.report import CurationReport, Note, Step
from repodojo.curation.rules import Flags, Material, Sieved, rules_in_force
from repodojo.curation.settings import CurationSettings
from repodojo.curation.success import split_by_outcome
from repodojo.errors import InputError
from repodojo.types import Instance, Trajectory, Verdict


class Curation(NamedTuple):
    """A training set, equally many unresolved trajectories beside it, and how both came about."""

    chosen: list[Trajectory]
    control: list[Trajectory]
    report: CurationReport
    notes: list[Note]
    """Every removal with its reason, and every flag of a resolved trajectory."""


class Choice(NamedTuple):
    """The same as tables."""

    chosen: pd.DataFrame
    control: pd.DataFrame
    resolved: pd.DataFrame
    steps: tuple[tuple[str, Sieved], ...]


def curate(
    trajectories: Iterable[Trajectory],
    verdicts: Mapping[str, Verdict],
    instances: Iterable[Instance],
    rules: CurationSettings,
) -> Curation:
    """Choose training trajectories among the resolved ones, and controls among the unresolved ones.

    ``verdicts`` are by rollout_id.

    Raises:
        InputError: a trajectory is of a held-out instance, or of one that is not among ``instances``.
    """
    listed, known = list(trajectories), list(instances)
    attempts = training_attempts(listed, verdicts, known)
    flags = _flags(listed, attempts)
    choice = choose(attempts, rules, _material(listed, known, attempts, rules)._replace(flags=flags))
    chosen, control = ([listed[at] for at in part["arrival"]] for part in choice[:2])
    return Curation(chosen, control, _report(attempts, choice, flags), _notes(choice, listed, flags))


def count_by_repository(
    trajectories: Iterable[Trajectory],
    verdicts: Mapping[str, Verdict],
    instances: Iterable[Instance],
    rules: Mapping[str, CurationSettings],
) -> dict[str, dict[str, int]]:
    """Count what each of several ways of choosing chooses, by repository; see `curate`."""
    listed, known = list(trajectories), list(instances)
    attempts = training_attempts(listed, verdicts, known)
    chosen = {
        name: choose(attempts, each, _material(listed, known, attempts, each)).chosen
        for name, each in rules.items()
    }
    return {name: dict(sorted(Counter(part["repo"]).items())) for name, part in chosen.items()}


def training_attempts(
    trajectories: Sequence[Trajectory], verdicts: Mapping[str, Verdict], instances: Iterable[Instance]
) -> pd.DataFrame:
    """Return the table of trajectories of training instances, with their outcomes.

    Raises:
        InputError: a trajectory is of a held-out instance, or of one that is not among ``instances``.
    """
    outcomes = {name: verdict.outcome for name, verdict in verdicts.items()}
    return describe_attempts(trajectories, outcomes, _training_repos(trajectories, instances))


def choose(attempts: pd.DataFrame, rules: CurationSettings, material: Material) -> Choice:
    """Apply the rules to a table of attempts."""
    found = split_by_outcome(attempts)
    failed = pd.concat([found.unresolved, found.not_measured])
    chosen = found.resolved
    steps = [("success", Sieved(chosen, failed.assign(reason=failed["outcome"], detail="")))]
    for rule in rules_in_force(rules, attempts, material):
        sieved = rule.apply(chosen)
        steps.append((rule.name, sieved))
        chosen = sieved.kept
    pool = drop_repeated(found.unresolved, rules.dedup)
    if material.overlaps:
        pool = pool.drop(index=find_contaminated(pool, material.overlaps).index)
    control = match_controls(chosen, pool, per_instance=rules.cap, seed=rules.seed)
    return Choice(chosen, control, found.resolved, tuple(steps))


def _report(attempts: pd.DataFrame, choice: Choice, flags: Flags) -> CurationReport:
    chosen, control = _instances(choice.chosen), _instances(choice.control)
    parts = {"resolved": choice.resolved, "chosen": choice.chosen}
    return CurationReport(
        asked=len(attempts),
        instances_asked=attempts["instance_id"].nunique(),
        steps=tuple(_step(name, sieved) for name, sieved in choice.steps),
        chosen=chosen.total(),
        instances_chosen=len(chosen),
        control=control.total(),
        control_matched=(chosen & control).total(),
        repos=_by_repo(**parts, control=choice.control),
        flags={
            flag: {
                name: sum(flag in flags[at] for at in part["arrival"].tolist())
                for name, part in parts.items()
            }
            for flag in FLAGS
        },
    )


def _step(name: str, sieved: Sieved) -> Step:
    counts = Counter[str](sieved.removed["reason"].tolist())
    reasons = ("unresolved", "not_measured") if name == "success" else sorted(counts)
    after = len(sieved.kept)
    return Step(name, after + counts.total(), after, {reason: counts[reason] for reason in reasons})


def _notes(choice: Choice, listed: Sequence[Trajectory], flags: Flags) -> list[Note]:
    """List what was found about each trajectory, removals first, step by step."""
    notes = [
        Note(listed[at].rollout_id, listed[at].instance_id, name, str(reason), True, str(detail))
        for name, sieved in choice.steps
        for at, reason, detail in sieved.removed[["arrival", "reason", "detail"]].itertuples(index=False)
    ]
    for at in choice.resolved["arrival"].tolist():
        key = (listed[at].rollout_id, listed[at].instance_id)
        notes += [Note(*key, "flags", flag, False, seen) for flag, seen in flags[at].items()]
    return notes


def _material(
    listed: Sequence[Trajectory],
    known: Sequence[Instance],
    attempts: pd.DataFrame,
    rules: CurationSettings,
) -> Material:
    """Return what the rules need beside the table."""
    return Material(
        None if rules.decontaminate is None else find_overlaps(known, rules.decontaminate),
        None if rules.near_duplicates is None else _signatures(listed, _resolved(attempts)),
        _flags(listed, attempts) if rules.drop_flagged else None,
    )


def _resolved(attempts: pd.DataFrame) -> list[int]:
    """Return the places, in the order of arrival, of what resolved its instance."""
    places: list[int] = attempts.loc[attempts["outcome"] == "resolved", "arrival"].tolist()
    return places


def _flags(listed: Sequence[Trajectory], attempts: pd.DataFrame) -> Flags:
    return {place: quality_flags(listed[place]) for place in _resolved(attempts)}


def _signatures(listed: Sequence[Trajectory], places: Sequence[int]) -> Signatures:
    """Sign the trajectories at the places; the rows of the others stay empty."""
    signatures = np.zeros((len(listed), SIZE), dtype=np.uint32)
    signatures[list(places)] = sign([action_shingles(listed[place]) for place in places])
    return signatures


def _training_repos(trajectories: Iterable[Trajectory], instances: Iterable[Instance]) -> dict[str, str]:
    """Return each instance's repository, after checking that all trajectories are of training instances."""
    known = {instance.instance_id: instance for instance in instances}
    for each in trajectories:
        instance = known.get(each.instance_id)
        if instance is None:
            raise InputError(f"{each.rollout_id}: instance_id is not among the {len(known)} instances given")
        if instance.split != "train":
            raise InputError(
                f"{each.rollout_id}: expected an instance of split 'train', found '{instance.split}'; "
                "nothing is trained on held-out instances"
            )
    return {name: instance.repo for name, instance in known.items()}


def _instances(attempts: pd.DataFrame) -> Counter[str]:
    return Counter(attempts["instance_id"].tolist())


def _by_repo(**parts: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Count each part's attempts by repository."""
    counts = {name: Counter[str](part["repo"].tolist()) for name, part in parts.items()}
    repos = sorted({repo for count in counts.values() for repo in count})
    return {repo: {name: count[repo] for name, count in counts.items()} for repo in repos}
