"""Published test ids beside the ids that a run shows.

Published lists are read off log lines, so an id with a blank in its parameters was cut there
(``test_a[x y]`` stands as ``test_a[x``). A cut id stands for every seen id that is the same up to the blank.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple


class MatchedIds(NamedTuple):
    """Seen ids by published id."""

    seen: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...]
    """Published ids that nothing seen answers to."""


def is_cut(test_id: str) -> bool:
    """Whether the id ends inside its parameters."""
    _, bracket, parameters = test_id.partition("[")
    return bool(bracket) and not parameters.endswith("]")


def cut_at_blank(test_id: str) -> str:
    """Return the id as published lists have it."""
    return test_id.split(maxsplit=1)[0] if test_id.strip() else test_id


def _printed_names(test_id: str) -> Iterator[str]:
    """Yield what unittest prints for a method of a class: since Python 3.11 its name twice."""
    path, *names = test_id.split("::")
    if len(names) > 1 and path.endswith(".py") and "[" not in test_id:
        *classes, method = names
        module = path.removesuffix(".py").replace("/", ".").removeprefix("tests.")
        for qualified in (".".join([module, *classes]), ".".join([module, *classes, method])):
            yield f"{method} ({qualified})"


def match_ids(published: Iterable[str], seen: Iterable[str]) -> MatchedIds:
    """Find the seen ids that each published id stands for: itself, else those that were cut to it.

    Ids of Django's sets are as unittest prints them, ``test (module.Class)``.
    """
    exact = set(seen)
    cut: defaultdict[str, list[str]] = defaultdict(list)
    for test_id in sorted(exact):
        for name in (cut_at_blank(test_id), *_printed_names(test_id)):
            cut[name].append(test_id)
    found = {name: (name,) if name in exact else tuple(cut.get(name, ())) for name in published}
    return MatchedIds(found, tuple(name for name, ids in found.items() if not ids))
