"""A verifier beside its baselines on the same attempts: ranking, what each picks, and paired differences."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from repodojo.metrics.auc import auc_difference, auc_estimate
from repodojo.metrics.bootstrap import mean_estimate, undefined
from repodojo.metrics.gap_closed import gap_at_k
from repodojo.metrics.matrices import AttemptMatrices
from repodojo.metrics.paired_difference import paired_difference
from repodojo.metrics.plain import plain
from repodojo.metrics.reasons import NO_SCORES, why_undefined


def compare_scorers(
    matrices: Mapping[str, AttemptMatrices], reference: str, baselines: Sequence[str], *, seed: int = 0
) -> dict[str, Any]:
    """Measure scorers of the same attempts, and the ``reference`` minus each other one; None is undefined.

    ``beats_every_baseline`` is true where the reference's AUC lies above that of every baseline, the paired
    95 % interval without 0; None where that is undefined.
    """
    ours = matrices[reference]
    labels = _labels(ours)
    one_outcome = why_undefined(labels)
    reason = one_outcome or ("" if np.isfinite(ours.known_scores).any() else NO_SCORES)
    found = {
        name: _measure(each, ours, (reason if name == reference else one_outcome, reason), seed)
        for name, each in sorted(matrices.items())
    }
    for own in ("reference_auc_minus", "reference_best_minus"):
        del found[reference][own]
    margins = {name: found[name]["reference_auc_minus"].low for name in baselines if name in found}
    not_beaten = None if reason else [name for name, low in margins.items() if not low > 0]
    result: dict[str, Any] = plain(
        {
            "reference": reference,
            "attempts": len(labels),
            "reason": reason,
            "beats_every_baseline": None if not_beaten is None else not not_beaten,
            "not_beaten": not_beaten,
            "scorers": found,
        }
    )
    return result


def _labels(attempts: AttemptMatrices) -> list[bool]:
    measured = ~np.isnan(attempts.outcomes)
    return [bool(value) for value in attempts.outcomes[measured] == 1]


def _measure(
    each: AttemptMatrices, reference: AttemptMatrices, reasons: tuple[str, str], seed: int
) -> dict[str, Any]:
    """Measure a scorer; ``reasons`` are why its AUC is undefined, and why the reference's less it is."""
    k = each.outcomes.shape[1]
    measured = ~np.isnan(each.outcomes)
    ids = np.broadcast_to(np.arange(len(each.outcomes))[:, None], measured.shape)[measured].tolist()
    labels, ours, theirs = _labels(each), reference.scores[measured].tolist(), each.scores[measured].tolist()
    alone, beside = (undefined(reason, len(each.outcomes)) for reason in reasons)
    picked: dict[str, Any] = dict.fromkeys(("best_at_k", "reference_best_minus", "gap_closed"), beside)
    if each.outcomes.size:
        picked = _picked(each, reference, seed)
    return {
        "missing_scores": int(np.isnan(each.scores[measured]).sum()),
        "auc": alone if alone.reason else auc_estimate(theirs, labels, ids, seed=seed),
        "reference_auc_minus": beside
        if beside.reason
        else auc_difference(ours, theirs, labels, ids, seed=seed),
        "k": k,
    } | picked


def _picked(each: AttemptMatrices, reference: AttemptMatrices, seed: int) -> dict[str, Any]:
    gap, ours = (gap_at_k(one, each.outcomes.shape[1]) for one in (each, reference))
    return {
        "best_at_k": mean_estimate(gap.best, seed=seed),
        "reference_best_minus": paired_difference(ours.best, gap.best, seed=seed),
        "gap_closed": gap.closed(gap.best, seed=seed)[0],
    }
