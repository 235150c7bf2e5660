"""Script: how long the exact curves of 10,000 instances with 64 attempts take.

Run as ``python tests/benchmarks/bench_scaling.py``. Beside them what the field uses: pass@k in the product
form printed by Chen et al. 2021, and the paper's simulation of best@k, with their largest error against the
exact curve. It prints a table and a line of JSON, seconds of processor and of wall time.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from repodojo.metrics.adaptive_k import by_falling_score, instance_adaptive
from repodojo.metrics.best_at_k import best_at_k, instance_best_at_k
from repodojo.metrics.matrices import AttemptMatrices
from repodojo.metrics.pass_at_k import instance_pass_at_k, pass_at_k
from repodojo.metrics.settings import ScalingSettings
from repodojo.metrics.smoothed import paper_smoothed
from repodojo.metrics.stopping_rule import fit_stopping_rule, measure_stopping_rule

INSTANCES, ATTEMPTS = 10_000, 64
KS = range(1, ATTEMPTS + 1)


def product_form(outcomes: np.ndarray) -> np.ndarray:
    """Return pass@k as the code printed in Chen et al. does, an instance and a k at a time."""
    table = np.empty((len(outcomes), len(KS)))
    for row, resolved in enumerate(outcomes.sum(axis=1).astype(int)):
        for column, k in enumerate(KS):
            left = ATTEMPTS - resolved
            lost = np.prod(1.0 - k / np.arange(left + 1, ATTEMPTS + 1)) if left >= k else 0.0
            table[row, column] = 1.0 - lost
    return table


def timed(name: str, work: Callable[[], np.ndarray], exact: np.ndarray) -> dict[str, float | str]:
    """Time a way to a curve, and measure its largest error."""
    wall, processor = time.perf_counter(), time.process_time()
    curve = work()
    return {
        "what": name,
        "processor_s": round(time.process_time() - processor, 3),
        "wall_s": round(time.perf_counter() - wall, 3),
        "largest_error": float(np.abs(curve - exact).max()),
    }


def main() -> None:
    rng = np.random.default_rng(0)
    chance = rng.beta(0.5, 1.0, INSTANCES)[:, None]
    outcomes = (rng.random((INSTANCES, ATTEMPTS)) < chance).astype(float)
    scores = (outcomes + rng.normal(0, 0.7, outcomes.shape)).round(2)
    passed = instance_pass_at_k(outcomes, KS).mean(axis=0)
    best = instance_best_at_k(outcomes, scores, KS).mean(axis=0)
    attempts = AttemptMatrices(tuple(map(str, range(INSTANCES))), outcomes, scores)
    ordered = partial(by_falling_score, attempts)
    rule = fit_stopping_rule([attempts], ScalingSettings(max_k=ATTEMPTS))
    values = lambda curve: np.array([point.value for point in curve])  # noqa: E731
    found = [
        timed("pass@k, exact", lambda: instance_pass_at_k(outcomes, KS).mean(axis=0), passed),
        timed("best@k, exact", lambda: instance_best_at_k(outcomes, scores, KS).mean(axis=0), best),
        timed("pass@k with intervals and bounds", lambda: values(pass_at_k(outcomes, KS)), passed),
        timed("best@k with intervals and bounds", lambda: values(best_at_k(outcomes, scores, KS)), best),
        timed(
            "adaptive k, never sure: best@64",
            lambda: instance_adaptive(ordered(), np.inf, ATTEMPTS).resolved.mean(keepdims=True),
            best[-1:],
        ),
        timed(
            "stopping rule: every threshold and number, intervals",
            lambda: np.array([p["resolve_rate"] for p in measure_stopping_rule(attempts, rule)["fixed"]]),
            best,
        ),
        timed("pass@k, product form of Chen et al.", lambda: product_form(outcomes).mean(axis=0), passed),
        timed(
            "best@k, paper's simulation, 10 of its 100 trials",
            lambda: np.array([p.best_mean for p in paper_smoothed(outcomes, scores, trials=10)])[1:],
            best[1:],
        ),
    ]
    for row in found:
        times = f"{row['processor_s']:>8} s {row['wall_s']:>8} s"
        sys.stdout.write(f"{row['what']:<52}{times}   error {row['largest_error']:.1e}\n")
    sys.stdout.write(json.dumps({"instances": INSTANCES, "attempts": ATTEMPTS, "results": found}) + "\n")


if __name__ == "__main__":
    main()
