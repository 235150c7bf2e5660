import pytest

from repodojo.rollouts.stuck import Event, is_stuck, repeats_action


def ran(action: str, observation: str = "o", failed: bool = False) -> Event:
    return Event(action, observation, failed)


@pytest.mark.parametrize(
    ("actions", "stuck"),
    [
        ([], False),
        (["a", "a"], False),
        (["a", "a", "a"], True),
        (["b", "a", "a", "a"], True),
        (["a", "a", "a", "b"], False),
        (["a", "a", "A"], False),
        ([None, None, None], False),
        (["a", None, "a", "a"], False),
    ],
)
def test_the_papers_definition(actions: list[str | None], stuck: bool) -> None:
    assert repeats_action(actions) is stuck


SCENARIOS = {
    "nothing": ([], False),
    "same action and observation, four times": ([ran("a")] * 4, True),
    "three times are not enough": ([ran("b")] + [ran("a")] * 3, False),
    "same action, another observation": ([ran("a"), ran("a"), ran("a", "p"), ran("a")], False),
    "same action, three errors": ([ran("b")] + [ran("a", str(n), failed=True) for n in range(3)], True),
    "errors need a fourth event": ([ran("a", str(n), failed=True) for n in range(3)], False),
    "one of the three is no error": (
        [ran("b"), ran("a", "1", failed=True), ran("a", "2"), ran("a", "3", failed=True)],
        False,
    ),
    "monologue": ([ran("b"), *[Event("thinking", None)] * 3], True),
    "monologue with an answer in between": (
        [Event("t", None), Event("t", None), ran("t"), Event("t", None)],
        False,
    ),
    "alternation": ([ran("a"), ran("b")] * 3, True),
    "alternation of five": (([ran("a"), ran("b")] * 3)[1:], False),
    "alternation with a new observation": (
        [ran("a"), ran("b"), ran("a"), ran("b"), ran("a"), ran("b", "p")],
        False,
    ),
    "a message in between ends a run of equal actions": (
        [*[ran("a")] * 3, Event("t", None), ran("a")],
        False,
    ),
    "a message in between ends an alternation": (
        [*[ran("a"), ran("b")] * 2, Event("t", None), ran("a"), ran("b")],
        False,
    ),
    "over and gone": ([*[ran("a")] * 4, ran("b")], False),
}


@pytest.mark.parametrize(("events", "stuck"), SCENARIOS.values(), ids=SCENARIOS)
def test_the_four_cases(events: list[Event], stuck: bool) -> None:
    assert is_stuck(events) is stuck
