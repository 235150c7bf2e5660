"""When an agent goes in circles: the paper's definition, and OpenHands' detector of four cases."""

from collections.abc import Sequence
from typing import NamedTuple


class Event(NamedTuple):
    """One answer and what came back."""

    action: str
    """The command, or the whole answer where it held none."""
    observation: str | None
    """What came back, as it is compared; None where nothing did."""
    failed: bool = False
    """Whether the observation is an error of the scaffold (a malformed call), not of the command."""


def repeats_action(actions: Sequence[str | None], times: int = 3) -> bool:
    """Tell whether the last three actions are exactly the same (SWE-Gym, section 3.2); None is no action."""
    last = actions[-times:]
    return len(last) == times and last[0] is not None and len(set(last)) == 1


def is_stuck(events: Sequence[Event]) -> bool:
    """Tell whether any of OpenHands' four cases holds (``controller/stuck.py``).

    Its branch for syntax errors of an IPython tool has no counterpart: no scaffold here has that tool.
    """
    return (
        _same_action_and_observation(events)
        or _same_action_and_error(events)
        or _monologue(events)
        or _alternation(events)
    )


def _answered(events: Sequence[Event]) -> list[Event]:
    return [event for event in events if event.observation is not None]


def _same_action_and_observation(events: Sequence[Event], times: int = 4) -> bool:
    last = _answered(events)[-times:]
    return len(last) == times and len({event[:2] for event in last}) == 1


def _same_action_and_error(events: Sequence[Event], times: int = 3) -> bool:
    answered = _answered(events)
    last = answered[-times:]
    enough = len(answered) > times
    return enough and len({event.action for event in last}) == 1 and all(event.failed for event in last)


def _monologue(events: Sequence[Event], times: int = 3) -> bool:
    last = events[-times:]
    return len(last) == times and len({event.action for event in last}) == 1 and not _answered(last)


def _alternation(events: Sequence[Event], times: int = 6) -> bool:
    last = _answered(events)[-times:]
    if len(last) < times:
        return False
    pairs = [event[:2] for event in last]
    return len(set(pairs[::2])) == 1 and len(set(pairs[1::2])) == 1
