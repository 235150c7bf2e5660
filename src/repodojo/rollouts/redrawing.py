"""Draw an answer again where it was given before in the conversation: small models repeat themselves."""

from collections.abc import Sequence
from dataclasses import replace

from repodojo.policies.policy import Completion, Policy, SamplingParameters
from repodojo.rollouts.plan import derive_seed
from repodojo.types import Message

_WARMER = 0.2


def draw_answer(
    policy: Policy, messages: Sequence[Message], parameters: SamplingParameters, redraws: int
) -> Completion:
    """Draw an answer, again up to ``redraws`` times while it repeats one, each time 0.2 warmer.

    At temperature 0 there is one draw. The tokens of every draw are counted.
    """
    said = {(m.content, m.tool_calls) for m in messages if m.role == "assistant"}
    completion = policy.complete(messages, parameters)
    for number in range(redraws if parameters.temperature > 0 else 0):
        if (completion.text, completion.tool_calls) not in said:
            break
        parameters = replace(
            parameters,
            temperature=parameters.temperature + _WARMER,
            seed=derive_seed(parameters.seed, number),
        )
        again = policy.complete(messages, parameters)
        completion = replace(
            again,
            prompt_tokens=completion.prompt_tokens + again.prompt_tokens,
            completion_tokens=completion.completion_tokens + again.completion_tokens,
        )
    return completion
