import random

import pytest

from repodojo.base_model.dress import Dress, draw_dress

DRESS = Dress(True, "sh", "cd src; ", ('find "', '"'), ("edit <<X\n", "\nX"))


@pytest.mark.parametrize(
    ("answer", "first", "wrapped"),
    [
        ("def f(", True, '```sh\ncd src; find "def f("\n```'),
        ("def f(", False, '```sh\nfind "def f("\n```'),
        ("a = 1\na = 2", False, "```sh\nedit <<X\na = 1\na = 2\nX\n```"),
    ],
)
def test_an_answer_is_wrapped_by_its_lines(answer: str, first: bool, wrapped: str) -> None:
    assert DRESS.wrap(answer, first) == wrapped
    assert DRESS._replace(fenced=False).wrap(answer, first) == wrapped[6:-4]


def test_ways_to_wrap_are_many_and_hold_the_answer() -> None:
    rng = random.Random(0)
    ways = {draw_dress(rng, lambda: rng.choice(["see", "go"])).wrap("a\nb", True) for _ in range(100)}
    assert len(ways) > 30
    assert all("a\nb" in way for way in ways)
