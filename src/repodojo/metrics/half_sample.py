"""The ± of the paper's Table 3: the deviation of one run's mean over random half-samples, not over runs.

The paper's code draws 1,000 half-samples without replacement from one run's resolved flags, and those flags
exist only for rows with a non-empty patch (SWE-Gym/OpenHands, `get_bootstrap_accuracy_std`). Both functions
give the value that infinitely many draws converge to. Neither is a confidence interval; `resolve_rate` has
one.
"""

from math import nan, sqrt


def half_sample_deviation(resolved: int, n: int) -> float:
    """Return the standard deviation of the mean of a random half of ``n`` flags; NaN for fewer than two."""
    half = n // 2
    if half == 0:
        return nan
    share = resolved / n
    variance = share * (1 - share) * n / (n - 1)
    return sqrt(variance / half * (1 - half / n))


def paper_half_sample_deviation(resolved: int, empty_patches: int, n: int) -> float:
    """Return the paper's ±, over the ``n - empty_patches`` rows with a patch."""
    return half_sample_deviation(resolved, n - empty_patches)


def all_rows_half_sample_deviation(resolved: int, n: int) -> float:
    """Return the same ± over all rows, empty patches included."""
    return half_sample_deviation(resolved, n)
