"""Run one rollout: a policy and a scaffold in a sandbox, from the issue to a `Trajectory`.

Every end is an exit status; only a programming error raises. The patch is taken from the sandbox at the end
whether the policy handed it in or not (as OpenHands does); where the agent made that impossible it is empty.
The loop is in the style of mini-swe-agent: a step that ends the rollout raises, and history is linear.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from repodojo.environments.sandbox import Sandbox, Sandboxes, SandboxSpec
from repodojo.errors import ContextLengthError, PolicyError, SandboxError, UntakenPatchError
from repodojo.policies.policy import Completion, Policy, SamplingParameters
from repodojo.rollouts.plan import RolloutPlan, derive_seed
from repodojo.rollouts.stuck import repeats_action
from repodojo.scaffolds.scaffold import Scaffold
from repodojo.types import Instance, Message, Trajectory, Turn

INFRASTRUCTURE_STATUSES = frozenset({"SandboxError", "PolicyError"})
"""Ends that say nothing about the agent: such a rollout is run again, then not measured."""


@dataclass(frozen=True)
class RolloutLimits:
    """What ends a rollout."""

    turns: int = 12
    malformed: int = 3
    """So many malformed answers in a row."""
    command_timeout_s: float = 10.0
    rollout_timeout_s: float = 600.0
    answer_tokens: int = 256


@dataclass(frozen=True)
class RolloutContext:
    """What rollouts share; safe to use from many threads at once."""

    sandboxes: Sandboxes
    spec: Callable[[Instance], SandboxSpec]
    policy: Policy
    scaffold: Scaffold
    limits: RolloutLimits = RolloutLimits()


class _Ended(Exception):
    """The rollout is over."""

    def __init__(self, exit_status: str, error: str = "") -> None:
        super().__init__(exit_status)
        self.exit_status = exit_status
        self.error = error


def run_rollout(instance: Instance, plan: RolloutPlan, context: RolloutContext) -> Trajectory:
    """Run a rollout and return its record; `SandboxError` and `PolicyError` end in it, too."""
    started = time.monotonic()
    rollout = _Rollout(instance, plan, context)
    patch = ""
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
    return Trajectory(
        rollout_id=plan.rollout_id,
        instance_id=instance.instance_id,
        policy=context.policy.name,
        scaffold=context.scaffold.name,
        attempt=plan.attempt,
        temperature=plan.temperature,
        seed=plan.seed,
        messages=tuple(rollout.messages),
        turns=tuple(rollout.turns),
        model_patch=patch,
        exit_status=end.exit_status,
        error=end.error,
        duration_s=time.monotonic() - started,
        sandbox=rollout.sandbox,
    )


class _Rollout:
    """The conversation so far."""

    def __init__(self, instance: Instance, plan: RolloutPlan, context: RolloutContext) -> None:
        self.plan = plan
        self.context = context
        self.limits = context.limits
        self.messages: list[Message] = list(context.scaffold.open(instance))
        self.turns: list[Turn] = []
        self.sandbox: dict[str, str] = {}
        self.deadline = time.monotonic() + context.limits.rollout_timeout_s

    def converse(self, sandbox: Sandbox) -> _Ended:
        """Take turns until one ends the rollout."""
        while True:
            try:
                self.step(sandbox)
            except _Ended as end:
                return end
            except ContextLengthError as error:
                return _Ended("ContextLength", str(error))
            except PolicyError as error:
                return _Ended("PolicyError", str(error))

    def step(self, sandbox: Sandbox) -> None:
        """Ask the policy, do what it asks for, and check what ends a rollout."""
        completion, policy_s = self.ask()
        self.messages.append(Message("assistant", completion.text))
        action = self.context.scaffold.parse(completion.text)
        if action.command is None:
            self.record(None, None, completion, policy_s, 0.0)
            if action.submits:
                raise _Ended("Submitted")
            self.messages.append(Message("user", action.feedback))
        else:
            timeout_s = min(self.limits.command_timeout_s, max(self.remaining_s(), 1.0))
            result = sandbox.execute(action.command, timeout_s)
            self.record(action.command, result.exit_code, completion, policy_s, result.duration_s)
            if action.submits or self.context.scaffold.submitted(result):
                raise _Ended("Submitted")
            self.messages.append(self.context.scaffold.observe(result))
        self.check_limits()

    def ask(self) -> tuple[Completion, float]:
        """Get the policy's answer and the seconds it took; every turn draws with a seed of its own."""
        parameters = SamplingParameters(
            temperature=self.plan.temperature,
            max_tokens=self.limits.answer_tokens,
            seed=derive_seed(self.plan.seed, len(self.turns)),
        )
        started = time.monotonic()
        completion = self.context.policy.complete(tuple(self.messages), parameters)
        # A lone surrogate, which JSON can carry, has no UTF-8 form: neither a shell nor a file takes it.
        text = completion.text.encode("utf-8", errors="replace").decode()
        return replace(completion, text=text), time.monotonic() - started

    def record(
        self,
        command: str | None,
        exit_code: int | None,
        completion: Completion,
        policy_s: float,
        sandbox_s: float,
    ) -> None:
        """Keep the turn's figures."""
        self.turns.append(
            Turn(
                command=command,
                exit_code=exit_code,
                prompt_tokens=completion.prompt_tokens,
                completion_tokens=completion.completion_tokens,
                finish_reason=completion.finish_reason,
                policy_s=policy_s,
                sandbox_s=sandbox_s,
            )
        )

    def check_limits(self) -> None:
        """End the rollout where the last turn reached a limit."""
        commands = [turn.command for turn in self.turns]
        last = commands[-self.limits.malformed :]
        if len(last) == self.limits.malformed and all(command is None for command in last):
            raise _Ended("FormatError", f"{len(last)} malformed answers in a row")
        if repeats_action(commands):
            raise _Ended("StuckInLoop", "the same action three turns in a row")
        if len(self.turns) >= self.limits.turns:
            raise _Ended("LimitsExceeded", f"{len(self.turns)} turns")
        if self.remaining_s() <= 0:
            raise _Ended("TimeExceeded", f"{self.limits.rollout_timeout_s:g} s")

    def remaining_s(self) -> float:
        """Return the seconds left to the rollout."""
        return self.deadline - time.monotonic()
