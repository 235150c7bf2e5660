"""Draw an answer again where it was given before in the conversation: small models repeat themselves."""

from collections.abc import Sequence
from dataclasses import replace

from repodojo.errors import PolicyError
from repodojo.policies.policy import Completion, Policy, SamplingParameters
from repodojo.rollouts.plan import derive_seed
from repodojo.types import Message, ToolCall

_WARMER = 0.2
_WARMEST = 2.0
"""Endpoints refuse more."""


def draw_answer(
    policy: Policy, messages: Sequence[Message], parameters: SamplingParameters, redraws: int
) -> list[Completion]:
    """Draw an answer, again up to ``redraws`` times while it repeats one, each time 0.2 warmer.

    The last one drawn is the answer. At temperature 0 there is one draw; a draw that fails ends them.

    Raises:
        PolicyError: the first draw failed.
        ContextLengthError: the conversation leaves no room for an answer.
    """
    said = {_said(m.content, m.tool_calls) for m in messages if m.role == "assistant"}
    draws = [policy.complete(messages, parameters)]
    for number in range(redraws if parameters.temperature > 0 else 0):
        if _said(draws[-1].text, draws[-1].tool_calls) not in said:
            break
        parameters = replace(
            parameters,
            temperature=min(parameters.temperature + _WARMER, _WARMEST),
            seed=derive_seed(parameters.seed, number),
        )
        try:
            draws.append(policy.complete(messages, parameters))
        except PolicyError:
            break
    return draws


def _said(text: str, calls: Sequence[ToolCall]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return what makes two answers the same: a call's id is new each time."""
    return text, tuple((call.name, call.arguments) for call in calls)
