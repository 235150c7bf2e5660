"""Answers that one token decides: which token each of them is."""

from collections.abc import Callable, Sequence

from repodojo.errors import PolicyError


def single_tokens(
    encode: Callable[[str], Sequence[int]], prefix: str, choices: Sequence[str]
) -> dict[str, int]:
    """Return the token of each choice that follows ``prefix``; ``encode`` adds no special tokens.

    Raises:
        PolicyError: a choice is not one token there, or two are the same one: that of unknown words.
    """
    before, found = list(encode(prefix)), dict[str, int]()
    for choice in choices:
        tokens = list(encode(prefix + choice))
        if not tokens or tokens[:-1] != before:
            more = len(tokens) - len(before)
            raise PolicyError(f"choice {choice!r} is not one token after {prefix!r}, but {more}")
        found[choice] = tokens[-1]
    if len(set(found.values())) < len(found):
        raise PolicyError(f"choices {' and '.join(map(repr, choices))} are the same token: it knows neither")
    return found
