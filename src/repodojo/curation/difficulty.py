"""Difficulty bands: instances by the share of their measured attempts that resolved."""

import pandas as pd


def solve_rates(attempts: pd.DataFrame) -> pd.Series:
    """Return each instance's share of resolved among measured attempts; NaN where none was measured."""
    measured = attempts[attempts["outcome"] != "not_measured"]
    resolved = measured["outcome"] == "resolved"
    rates = resolved.groupby(measured["instance_id"], sort=False, observed=True).mean()
    return rates.reindex(attempts["instance_id"].unique())


def find_outside_band(attempts: pd.DataFrame, rates: pd.Series, band: tuple[float, float]) -> pd.DataFrame:
    """Return the attempts at instances too hard or too easy for the band, with the rate found.

    The result has columns ``reason`` and ``detail``.
    """
    low, high = band
    rate = attempts["instance_id"].map(rates)
    outside = attempts[(rate < low) | (rate > high)]
    found = rate[outside.index]
    reason = (found < low).map({True: "too_hard", False: "too_easy"})
    detail = found.map(lambda each: f"{each:.2f} of measured attempts resolved, band {low:g} to {high:g}")
    return pd.DataFrame({"reason": reason, "detail": detail}, dtype=str)
