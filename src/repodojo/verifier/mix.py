"""Which attempts a verifier learns from: off-policy, on-policy or both, capped and balanced.

The paper's sets (section 4.1.1): all successes of a subset and as many of its failures, 443 + 443 off-policy,
875 + 875 on-policy, both together 1,318 + 1,318; its ablation takes twice the failures. Its text balances
each subset, its released notebook draws the failures from all subsets pooled; `balance` says which.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from math import ceil

from repodojo.errors import InputError
from repodojo.types import Instance
from repodojo.verifier.rows import Attempt, balance
from repodojo.verifier.settings import VerifierSettings

SUBSETS = {
    "off_policy": ("off_policy",),
    "on_policy": ("on_policy",),
    "mixture": ("off_policy", "on_policy"),
}


def mix_attempts(
    subsets: Mapping[str, Sequence[Attempt]], instances: Iterable[Instance], settings: VerifierSettings
) -> list[Attempt]:
    """Choose attempts among ``off_policy`` and ``on_policy`` ones.

    Raises:
        InputError: an attempt is at an instance that is not of split ``train``.
    """
    known = {instance.instance_id: instance for instance in instances}
    hidden, seed = (
        held_back(known.values(), settings.calibration_share, settings.training.seed),
        (settings.training.seed),
    )
    kept = []
    for name in SUBSETS[settings.mix]:
        _check_split(subsets[name], known)
        open_to_it = [a for a in subsets[name] if known[a.trajectory.instance_id].repo not in hidden]
        kept.append(cap_outcomes(open_to_it, settings))
    if settings.balance == "pooled":
        kept = [[attempt for subset in kept for attempt in subset]]
    return [a for subset in kept for a in balance(subset, settings.negatives_per_positive, seed)]


def refuse_one_outcome(chosen: Sequence[Attempt], subsets: Mapping[str, Sequence[Attempt]]) -> None:
    """Refuse a mix that nothing is left of.

    Raises:
        InputError: with what there is of each outcome, and what to do.
    """
    if chosen:
        return
    counts = []
    for name, attempts in subsets.items():
        resolved = sum(each.verdict.resolved for each in attempts)
        counts.append(
            f"{name.replace('_', '-')} {resolved} resolved and {len(attempts) - resolved} unresolved"
        )
    raise InputError(
        "the verifier learns from both outcomes: expected resolved and unresolved attempts at training "
        f"instances, found {', '.join(counts)}; sample more attempts ('sampling.attempts', "
        "'on_policy.attempts'), or draw from all of them together ('verifier.balance: pooled')"
    )


def held_back(instances: Iterable[Instance], share: float, seed: int) -> frozenset[str]:
    """Return the training repositories that the verifier never sees, drawn by seed: fits can use them.

    Rounded up, but one is always left to learn from; none with a share of 0.
    """
    repos = sorted({instance.repo for instance in instances if instance.split == "train"})
    count = min(ceil(share * len(repos)), max(0, len(repos) - 1))
    return frozenset(random.Random(seed).sample(repos, count))


def cap_outcomes(attempts: Sequence[Attempt], settings: VerifierSettings) -> list[Attempt]:
    """Keep at most so many successes and failures of each instance, drawn by seed."""
    groups: dict[tuple[str, bool], list[Attempt]] = {}
    for each in sorted(attempts, key=lambda a: (a.trajectory.rollout_id, a.trajectory.policy)):
        groups.setdefault((each.trajectory.instance_id, each.verdict.resolved), []).append(each)
    caps = {True: settings.positives_per_instance, False: settings.negatives_per_instance}
    kept = []
    for (instance_id, resolved), group in groups.items():
        cap = caps[resolved]
        generator = random.Random(f"{settings.training.seed}:{instance_id}:{resolved}")
        kept += group if cap is None or len(group) <= cap else generator.sample(group, cap)
    return kept


def _check_split(attempts: Iterable[Attempt], known: Mapping[str, Instance]) -> None:
    for each in attempts:
        instance = known.get(each.trajectory.instance_id)
        if instance is None or instance.split != "train":
            found = "an unknown instance" if instance is None else f"one of split '{instance.split}'"
            raise InputError(
                f"{each.trajectory.rollout_id}: a verifier row needs an instance of split 'train', "
                f"found {found}; no instance is in both training and evaluation"
            )
