"""Run one rollout: a policy and a scaffold in a sandbox, from the issue to a `Trajectory`.

Every end is an exit status; only a programming error raises. The patch is taken from the sandbox at the end
whether the policy handed it in or not (as OpenHands does); where the agent made that impossible it is empty.
The loop is in the style of mini-swe-agent: a step that ends the rollout raises, and history is linear.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from repodojo.environments.sandbox import Sandbox, Sandboxes, SandboxSpec
from repodojo.errors import BudgetError, ContextLengthError, PolicyError, SandboxError, UntakenPatchError
from repodojo.policies.policy import Completion, Policy, SamplingParameters
from repodojo.rollouts.plan import RolloutPlan, derive_seed
from repodojo.rollouts.redrawing import draw_answer
from repodojo.scaffolds.scaffold import Response, Scaffold
from repodojo.types import INFRASTRUCTURE_STATUSES, OVER_BUDGET, Instance, Message, Trajectory, Turn


@dataclass(frozen=True)
class RolloutLimits:
    """What ends a rollout."""

    turns: int = 12
    malformed: int = 3
    """So many malformed answers in a row."""
    command_timeout_s: float = 10.0
    rollout_timeout_s: float = 600.0
    answer_tokens: int = 256
    context_tokens: int | None = None
    """Of a conversation, the last answer among them."""
    redraws: int = 0
    """Draws of an answer beyond the first while it repeats one of the conversation."""


def _nothing() -> str:
    """Refuse nothing."""
    return ""


@dataclass(frozen=True)
class RolloutContext:
    """What rollouts share; safe to use from many threads at once."""

    sandboxes: Sandboxes
    spec: Callable[[Instance], SandboxSpec]
    policy: Policy
    scaffold: Scaffold
    limits: RolloutLimits = RolloutLimits()
    refusal: Callable[[], str] = _nothing
    """Says why no rollout is begun any more; empty where one may be."""


class _Ended(Exception):
    """The rollout is over."""

    def __init__(self, exit_status: str, error: str = "") -> None:
        super().__init__(exit_status)
        self.exit_status = exit_status
        self.error = error


def run_rollout(instance: Instance, plan: RolloutPlan, context: RolloutContext) -> Trajectory:
    """Run a rollout and return its record; `SandboxError` and `PolicyError` end in it, too.

    Such a failure of the infrastructure is given a second try in another sandbox, whose record counts.
    """
    first = _run_once(instance, plan, context)
    if first.exit_status not in INFRASTRUCTURE_STATUSES:
        return first
    second = _run_once(instance, plan, context)
    if second.error:
        second = replace(second, error=f"{second.error}; the first try: {first.error}")
    return replace(second, duration_s=first.duration_s + second.duration_s)


def _run_once(instance: Instance, plan: RolloutPlan, context: RolloutContext) -> Trajectory:
    rollout = _Rollout(instance, plan, context)
    end, patch = _Ended(OVER_BUDGET, context.refusal()), ""
    if not end.error:
        end, patch = _act(rollout)
    return rollout.trajectory(end, patch)


def give_up_rollout(instance: Instance, plan: RolloutPlan, context: RolloutContext, why: str) -> Trajectory:
    """Return the record of a rollout that nobody waits for any more."""
    return _Rollout(instance, plan, context).trajectory(_Ended("GivenUp", why), "")


def _act(rollout: "_Rollout") -> tuple[_Ended, str]:
    """Converse in a sandbox; return the end and the patch."""
    instance, context, patch = rollout.instance, rollout.context, ""
    try:
        with context.sandboxes.start(context.spec(instance)) as sandbox:
            rollout.sandbox = {"backend": context.sandboxes.name, **sandbox.mechanisms()}
            for path, content in context.scaffold.files(instance).items():
                sandbox.write(path, content)
            end = rollout.converse(sandbox)
            patch = sandbox.diff(instance.base_commit)
    except UntakenPatchError as error:
        end.error = f"{end.error}; {error}".removeprefix("; ")
    except SandboxError as error:
        end = _Ended("SandboxError", str(error))
    return end, patch


class _Rollout:
    """The conversation so far."""

    def __init__(self, instance: Instance, plan: RolloutPlan, context: RolloutContext) -> None:
        self.instance = instance
        self.plan = plan
        self.context = context
        self.limits = context.limits
        self.messages: list[Message] = list(context.scaffold.open(instance))
        self.session = context.scaffold.begin(instance)
        self.turns: list[Turn] = []
        self.malformed = 0
        self.sandbox: dict[str, str] = {}
        self.started = time.monotonic()
        self.deadline = self.started + context.limits.rollout_timeout_s

    def converse(self, sandbox: Sandbox) -> _Ended:
        """Take turns until one ends the rollout."""
        try:
            self.messages += self.session.prepare(sandbox)
            while True:
                self.step(sandbox)
        except _Ended as end:
            return end
        except ContextLengthError as error:
            return _Ended("ContextLength", str(error))
        except BudgetError as error:
            return _Ended(OVER_BUDGET, str(error))
        except PolicyError as error:
            return _Ended("PolicyError", str(error))

    def step(self, sandbox: Sandbox) -> None:
        """Ask the policy, do what it asks for, and check what ends a rollout."""
        draws, policy_s = self.ask()
        completion = draws[-1]
        answer = Message("assistant", completion.text, completion.tool_calls)
        self.messages.append(answer)
        timeout_s = min(self.limits.command_timeout_s, max(self.remaining_s(), 1.0))
        response = self.session.respond(answer, sandbox, timeout_s)
        if response.answer is not None:
            self.messages[-1] = response.answer
        self.messages += response.messages
        self.malformed = self.malformed + 1 if response.malformed else 0
        self.record(response, draws, policy_s)
        if response.exit_status:
            raise _Ended(response.exit_status)
        self.check_limits(completion.prompt_tokens + completion.completion_tokens)

    def ask(self) -> tuple[list[Completion], float]:
        """Get what the policy drew, its answer last, and the seconds; every turn has a seed of its own."""
        scaffold = self.context.scaffold
        parameters = SamplingParameters(
            temperature=self.plan.temperature,
            max_tokens=self.limits.answer_tokens,
            seed=derive_seed(self.plan.seed, len(self.turns)),
            stop=scaffold.stop,
            tools=scaffold.tools,
        )
        started = time.monotonic()
        conversation = last_conversation(self.messages)
        draws = draw_answer(self.context.policy, conversation, parameters, self.limits.redraws)
        return [_encodable(draw) for draw in draws], time.monotonic() - started

    def record(self, response: Response, draws: list[Completion], policy_s: float) -> None:
        """Keep the turn's figures; the tokens are those of every draw."""
        completion = draws[-1]
        self.turns.append(
            Turn(
                command=response.command,
                exit_code=response.exit_code,
                prompt_tokens=sum(draw.prompt_tokens for draw in draws),
                completion_tokens=sum(draw.completion_tokens for draw in draws),
                finish_reason=completion.finish_reason,
                policy_s=policy_s,
                sandbox_s=response.sandbox_s,
                prompt_token_ids=completion.prompt_token_ids,
                completion_token_ids=completion.completion_token_ids,
            )
        )

    def check_limits(self, tokens: int) -> None:
        """End the rollout where the last turn, at so many tokens, reached a limit."""
        if self.malformed >= self.limits.malformed:
            raise _Ended("FormatError", f"{self.malformed} malformed answers in a row")
        if how := self.session.stuck():
            raise _Ended("StuckInLoop", how)
        if self.limits.context_tokens is not None and tokens >= self.limits.context_tokens:
            raise _Ended("ContextLength", f"{tokens} tokens")
        if len(self.turns) >= self.limits.turns:
            raise _Ended("LimitsExceeded", f"{len(self.turns)} turns")
        if self.remaining_s() <= 0:
            raise _Ended("TimeExceeded", f"{self.limits.rollout_timeout_s:g} s")

    def trajectory(self, end: _Ended, patch: str) -> Trajectory:
        """Return the record."""
        return Trajectory(
            rollout_id=self.plan.rollout_id,
            instance_id=self.instance.instance_id,
            policy=self.context.policy.name,
            scaffold=self.context.scaffold.name,
            attempt=self.plan.attempt,
            temperature=self.plan.temperature,
            seed=self.plan.seed,
            messages=tuple(self.messages),
            turns=tuple(self.turns),
            model_patch=patch,
            exit_status=end.exit_status,
            error=end.error,
            duration_s=time.monotonic() - self.started,
            scaffold_fingerprint=self.context.scaffold.fingerprint,
            tools=self.context.scaffold.tools,
            sandbox=self.sandbox,
        )

    def remaining_s(self) -> float:
        """Return the seconds left to the rollout."""
        return self.deadline - time.monotonic()


def last_conversation(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Return what a policy sees: everything from the last system message on."""
    starts = [at for at, message in enumerate(messages) if message.role == "system"]
    return tuple(messages[starts[-1] if starts else 0 :])


def _encodable(completion: Completion) -> Completion:
    """Replace lone surrogates, which JSON can carry: they have no UTF-8 form for a shell or a file."""
    calls = tuple(
        replace(call, name=_clean(call.name), arguments=_clean(call.arguments))
        for call in completion.tool_calls
    )
    return replace(completion, text=_clean(completion.text), tool_calls=calls)


def _clean(text: str) -> str:
    return text.encode("utf-8", errors="replace").decode()
