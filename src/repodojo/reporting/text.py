"""Numbers as a reader sees them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

UNDEFINED = "undefined"
NOT_GIVEN = "–"


def number(value: float | int | str | None, digits: int = 1, *, why: str = "") -> str:
    """Render a number with thousands separated; text stays as it is; ``why`` it is undefined, if it is."""
    if value is None:
        return undefined(why)
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.{digits}f}"


def as_printed(value: float | int | str | None) -> str:
    """Render a published number with the digits that the paper gives; None is one that it does not give."""
    if value is None:
        return NOT_GIVEN
    return value if isinstance(value, str) else f"{value:,}"


def why(estimate: Mapping[str, Any]) -> str:
    """Return why a number is undefined; empty where it is not, or where its record does not say."""
    return str(estimate.get("reason") or "")


def missing(command: str) -> str:
    """Return what a cell says that no run has filled, and how to fill it."""
    return f"not measured, run: {command}"


def undefined(reason: str) -> str:
    """Return what stands in place of a number that there is not, and why, where that is known."""
    return f"{UNDEFINED}: {reason}" if reason else UNDEFINED


def percent(share: float | None, digits: int = 1, *, why: str = "") -> str:
    """Render a share as a percentage; ``why`` it is undefined, if it is."""
    return undefined(why) if share is None else f"{100 * share:.{digits}f}"


def points(difference: float | None, digits: int = 1) -> str:
    """Render a difference of shares in points, with its sign."""
    return UNDEFINED if difference is None else f"{100 * difference:+.{digits}f}"


def with_interval(estimate: Mapping[str, Any], digits: int = 1) -> str:
    """Render a share and its interval in per cent: ``20.6 [17.3, 24.4]``.

    Where attempts were not measured, the bounds that they leave open follow: ``(20.6 to 30.0)``.
    """
    if estimate["value"] is None:
        return undefined(why(estimate))
    value, low, high = (percent(estimate[key], digits) for key in ("value", "low", "high"))
    bounds = [estimate.get(key) for key in ("lower_bound", "upper_bound")]
    least, most = (value if each is None else percent(each, digits) for each in bounds)
    unmeasured = "" if least == most else f" ({least} to {most})"
    return f"{value} [{low}, {high}]{unmeasured}"


def digits_of(value: float | None) -> int:
    """Return how many digits a number needs: none from a hundred on."""
    return 2 if value is None or abs(value) < 100 else 0


def number_with_interval(estimate: Mapping[str, Any]) -> str:
    """Render a number that is no share, and its interval: ``3.25 [1.00, 5.00]``, ``8,359 [7,691, 9,033]``."""
    if estimate["value"] is None:
        return undefined(why(estimate))
    digits = digits_of(estimate["value"])
    value, low, high = (number(estimate[key], digits) for key in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def counted(counts: Mapping[str, int]) -> str:
    """Render counts by name, names as words: ``no symptom 99, hangs 5``; those of 0 are left out."""
    return ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items() if count)


def aligned(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Return rows of cells as lines with aligned columns, those numbered in ``right`` to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [str.rjust if number in right else str.ljust for number in range(len(widths))]
    return [
        "  ".join(side(cell, width) for side, cell, width in zip(sides, row, widths, strict=True)).rstrip()
        for row in rows
    ]


def difference(estimate: Mapping[str, Any], digits: int = 1) -> str:
    """Render a difference of shares and its interval in points: ``+3.1 [+0.4, +6.0]``."""
    if estimate["value"] is None:
        return undefined(why(estimate))
    value, low, high = (points(estimate[name], digits) for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"
