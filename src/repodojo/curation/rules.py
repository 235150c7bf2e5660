"""The rules in force, in the order in which they apply. Each takes a table and says what goes, and why."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import pandas as pd

from repodojo.curation.capping import cap_per_instance
from repodojo.curation.contamination import Overlap, find_contaminated
from repodojo.curation.dedup import drop_identical, one_per_instance
from repodojo.curation.difficulty import find_outside_band, solve_rates
from repodojo.curation.near_duplicates import Signatures, find_near_duplicates
from repodojo.curation.quality import Flag
from repodojo.curation.settings import CurationSettings
from repodojo.curation.subsets import random_subset, repository_subset

Flags = Mapping[int, Mapping[Flag, str]]
"""By place in the order of arrival: flags and what was seen."""


class Sieved(NamedTuple):
    """What a rule left, and the rest with columns ``reason`` and ``detail``."""

    kept: pd.DataFrame
    removed: pd.DataFrame


class Rule(NamedTuple):
    """One step."""

    name: str
    apply: Callable[[pd.DataFrame], Sieved]


class Material(NamedTuple):
    """What rules look at beside the table; each is needed only where its rule is in force."""

    overlaps: Mapping[str, Overlap] | None = None
    signatures: Signatures | None = None
    """By ``arrival``."""
    flags: Flags | None = None


def rules_in_force(settings: CurationSettings, attempts: pd.DataFrame, material: Material) -> Iterator[Rule]:
    """Yield the rules that the settings ask for; ``attempts`` are all, whatever their outcome."""
    if settings.solve_rates is not None:
        rates = solve_rates(attempts)
        yield Rule("difficulty", _found(partial(find_outside_band, rates=rates, band=settings.solve_rates)))
    if settings.decontaminate is not None:
        overlaps = material.overlaps or {}
        yield Rule("decontamination", _found(partial(find_contaminated, overlaps=overlaps)))
    if settings.drop_flagged:
        flags = material.flags or {}
        yield Rule("quality", _found(partial(find_flagged, flags=flags, wanted=settings.drop_flagged)))
    if settings.dedup != "none":
        yield Rule("identical", _kept("same_messages", drop_identical))
    if settings.near_duplicates is not None and material.signatures is not None:
        alike = partial(
            find_near_duplicates, signatures=material.signatures, threshold=settings.near_duplicates
        )
        yield Rule("near_duplicates", _found(alike))
    yield from _sizes(settings)


def _sizes(settings: CurationSettings) -> Iterator[Rule]:
    """Yield the rules that only make fewer."""
    if settings.dedup == "one_per_instance":
        yield Rule("one_per_instance", _kept("same_instance", partial(one_per_instance, seed=settings.seed)))
    if settings.per_instance is not None:
        capped = partial(cap_per_instance, per_instance=settings.per_instance)
        yield Rule("cap", _kept("over_the_cap", capped))
    if settings.fraction < 1 and settings.fraction_by == "random":
        drawn = partial(random_subset, fraction=settings.fraction, seed=settings.seed)
        yield Rule("subset", _kept("not_drawn", drawn))
    elif settings.fraction < 1:
        first = partial(repository_subset, fraction=settings.fraction)
        yield Rule("subset", _kept("later_repository", first))


def find_flagged(attempts: pd.DataFrame, flags: Flags, wanted: tuple[Flag, ...]) -> pd.DataFrame:
    """Return the attempts with a wanted flag, the first of ``wanted`` that each has as ``reason``."""
    found: dict[int, tuple[Flag, str]] = {}
    for index, arrival in zip(attempts.index.tolist(), attempts["arrival"].tolist(), strict=True):
        has = flags.get(arrival, {})
        named = next((flag for flag in wanted if flag in has), None)
        if named:
            found[index] = (named, has[named])
    return pd.DataFrame(found.values(), index=list(found), columns=["reason", "detail"], dtype=str)


def _found(find: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[pd.DataFrame], Sieved]:
    """Turn a function that finds rows to remove into a rule."""

    def apply(attempts: pd.DataFrame) -> Sieved:
        found = find(attempts)
        return Sieved(attempts.drop(index=found.index), attempts.loc[found.index].join(found))

    return apply


def _kept(reason: str, keep: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[pd.DataFrame], Sieved]:
    """Turn a function that keeps rows into a rule."""

    def apply(attempts: pd.DataFrame) -> Sieved:
        kept = keep(attempts)
        gone = attempts.drop(index=kept.index)
        return Sieved(kept, gone.assign(reason=reason, detail=""))

    return apply
