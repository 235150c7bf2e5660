from hypothesis import given
from hypothesis import strategies as st

from repodojo.policies.prompt_lookup import PromptLookup

TOKENS = st.lists(st.integers(0, 3), max_size=40)


def latest_continuation(tokens: list[int], count: int) -> list[int]:
    """The definition, by looking at every place."""
    for size in (3, 2):
        for place in range(len(tokens) - 1, size - 1, -1):
            if len(tokens) >= size and tokens[place - size : place] == tokens[-size:]:
                return tokens[place : place + count]
    return []


@given(TOKENS, TOKENS, st.integers(0, 8))
def test_guesses_are_what_followed_the_last_tokens_most_recently(prompt, answer, count):
    lookup = PromptLookup(prompt)
    for token in answer:
        lookup.append(token)
    assert lookup.guess(count) == latest_continuation(prompt + answer, count)


def test_nothing_is_guessed_after_a_new_pair():
    assert PromptLookup([1, 2, 3, 4, 5, 6]).guess(4) == []


def test_a_triple_is_believed_before_a_pair():
    assert PromptLookup([1, 2, 3, 7, 9, 2, 3, 8, 1, 2, 3]).guess(2) == [7, 9]
