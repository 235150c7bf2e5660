"""All steps in a row: keep the resolved, deduplicate, cap, take a subset; then choose controls."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from repodojo.curation.capping import cap_per_instance
from repodojo.curation.dedup import drop_identical, one_per_instance
from repodojo.curation.mixes import match_controls
from repodojo.curation.report import CurationReport, Step
from repodojo.curation.settings import CurationSettings
from repodojo.curation.subsets import random_subset, repository_subset
from repodojo.curation.success import ByOutcome, split_by_outcome
from repodojo.errors import InputError
from repodojo.types import Instance, Trajectory, Verdict


class Curation(NamedTuple):
    """A training set, equally many unresolved trajectories beside it, and how both came about."""

    chosen: list[Trajectory]
    control: list[Trajectory]
    report: CurationReport


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
    listed = list(trajectories)
    repo_of = _training_repos(listed, instances)
    found = split_by_outcome(listed, verdicts)
    chosen, steps = _choose(found, repo_of, rules)
    pool = found.unresolved if rules.dedup == "none" else drop_identical(found.unresolved)
    cap = 1 if rules.dedup == "one_per_instance" else rules.per_instance
    control = match_controls(chosen, pool, per_instance=cap, seed=rules.seed)
    report = CurationReport(
        asked=len(listed),
        instances_asked=len(_instances(listed)),
        steps=tuple(steps),
        chosen=len(chosen),
        instances_chosen=len(_instances(chosen)),
        control=len(control),
        control_matched=(_instances(chosen) & _instances(control)).total(),
        repos=_by_repo(repo_of, resolved=found.resolved, chosen=chosen, control=control),
    )
    return Curation(chosen, control, report)


def _choose(
    found: ByOutcome, repo_of: Mapping[str, str], rules: CurationSettings
) -> tuple[list[Trajectory], list[Step]]:
    """Apply the rules to the resolved trajectories, and say what each removed."""
    chosen = found.resolved
    failed, unknown = len(found.unresolved), len(found.not_measured)
    reasons = {"unresolved": failed, "not_measured": unknown}
    steps = [Step("success", len(chosen) + failed + unknown, len(chosen), reasons)]
    for name, reason, rule in _rules(repo_of, rules):
        kept = rule(chosen)
        steps.append(Step(name, len(chosen), len(kept), {reason: len(chosen) - len(kept)}))
        chosen = kept
    return chosen, steps


def _rules(
    repo_of: Mapping[str, str], rules: CurationSettings
) -> list[tuple[str, str, Callable[[list[Trajectory]], list[Trajectory]]]]:
    """Return name, reason for removal and function of each rule in force."""
    listed: list[tuple[str, str, Callable[[list[Trajectory]], list[Trajectory]]]] = []
    if rules.dedup != "none":
        listed.append(("identical", "same_messages", drop_identical))
    if rules.dedup == "one_per_instance":
        listed.append(("one_per_instance", "same_instance", lambda each: one_per_instance(each, rules.seed)))
    if rules.per_instance is not None:
        listed.append(("cap", "over_the_cap", lambda each: cap_per_instance(each, rules.per_instance)))
    if rules.fraction < 1 and rules.fraction_by == "random":
        listed.append(("subset", "not_drawn", lambda each: random_subset(each, rules.fraction, rules.seed)))
    elif rules.fraction < 1:
        listed.append(
            ("subset", "later_repository", lambda each: repository_subset(each, repo_of, rules.fraction))
        )
    return listed


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


def _instances(trajectories: Iterable[Trajectory]) -> Counter[str]:
    return Counter(each.instance_id for each in trajectories)


def _by_repo(repo_of: Mapping[str, str], **sets: Sequence[Trajectory]) -> dict[str, dict[str, int]]:
    """Count each set's trajectories by repository."""
    counts = {name: Counter(repo_of[each.instance_id] for each in listed) for name, listed in sets.items()}
    repos = sorted({repo for count in counts.values() for repo in count})
    return {repo: {name: count[repo] for name, count in counts.items()} for repo in repos}
