"""When an agent goes in circles: the paper's definition, and OpenHands' detector of four cases."""

from collections.abc import Sequence
from typing import NamedTuple


class Event(NamedTuple):
    """One call or message of an agent and what came back."""

    action: str
    """The call as it is compared, or the whole answer where it held none."""
    observation: str | None
    """What came back, as it is compared; None where nothing did (what a user says is no observation)."""
    failed: bool = False
    """Whether the observation is an error of the scaffold (a malformed call), not of the command."""


class _Ends(NamedTuple):
    """The last actions and, counted apart from them, the last observations with their failures."""

    actions: list[str]
    observations: list[tuple[str, bool]]


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


def _ends(events: Sequence[Event], count: int) -> _Ends | None:
    """Return the last ``count`` actions and observations; None where there are fewer of either."""
    actions = [event.action for event in events[-count:]]
    observations = [(e.observation, e.failed) for e in events if e.observation is not None][-count:]
    return _Ends(actions, observations) if len(actions) == len(observations) == count else None


def _same_action_and_observation(events: Sequence[Event], times: int = 4) -> bool:
    last = _ends(events, times)
    return last is not None and len(set(last.actions)) == len(set(last.observations)) == 1


def _same_action_and_error(events: Sequence[Event], times: int = 3) -> bool:
    last = _ends(events, times + 1)
    if last is None:
        return False
    return len(set(last.actions[1:])) == 1 and all(failed for _, failed in last.observations[1:])


def _monologue(events: Sequence[Event], times: int = 3) -> bool:
    last = events[-times:]
    return len(last) == times and len({e.action for e in last}) == 1 and not _observed(last)


def _observed(events: Sequence[Event]) -> bool:
    return any(event.observation is not None for event in events)


def _alternation(events: Sequence[Event], times: int = 6) -> bool:
    last = _ends(events, times)
    if last is None:
        return False
    halves = (*_halves(last.actions), *_halves(last.observations))
    return all(len(set(half)) == 1 for half in halves)


def _halves(items: Sequence[object]) -> tuple[Sequence[object], Sequence[object]]:
    return items[::2], items[1::2]
