"""Why a number about two outcomes is undefined, in words that can stand beside it."""

from collections.abc import Sequence

NO_ATTEMPTS = "there are no attempts"
NO_INSTANCES = "there are no instances"
NO_SCORES = "no attempt has a score"
LEAST = 2
"""Attempts of each outcome without which nothing is said about how scores tell them apart."""


def why_undefined(resolved: Sequence[bool], least: int = LEAST) -> str:
    """Return why attempts cannot tell the outcomes apart; empty where they can."""
    n, good = len(resolved), sum(resolved)
    if n == 0:
        return NO_ATTEMPTS
    for count, what in ((good, "resolved"), (n - good, "unresolved")):
        if count < least:
            return f"{count} of {n} attempts {'is' if count == 1 else 'are'} {what}, at least {least} needed"
    return ""
