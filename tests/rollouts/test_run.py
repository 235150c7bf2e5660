from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import Sandboxes, SandboxSpec
from repodojo.errors import ContextLengthError, PolicyError
from repodojo.policies.policy import Completion, SamplingParameters
from repodojo.policies.scripted import ScriptedPolicy
from repodojo.rollouts.plan import derive_seed, plan_rollouts
from repodojo.rollouts.run import RolloutContext, RolloutLimits, run_rollout
from repodojo.scaffolds.bash_only import BashOnly
from repodojo.scaffolds.scaffold import Action
from repodojo.types import Instance, Message, Trajectory, from_json, to_json

EDIT = "sed -i 's/max(value/min(value/' tools/numbers.py"
SUBMIT = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"

Run = Callable[..., Trajectory]


def block(command: str) -> str:
    return f"```bash\n{command}\n```"


@pytest.fixture
def run(
    sandboxes: NamespaceSandboxes,
    spec: Callable[[Instance], SandboxSpec],
    make_instance: Callable[[str], Instance],
) -> Run:
    def act(
        *answers: str | PolicyError, limits: Mapping[str, float] | None = None, **parts: object
    ) -> Trajectory:
        instance = make_instance("It breaks.")
        context = RolloutContext(
            sandboxes=sandboxes,
            spec=spec,
            policy=ScriptedPolicy({"It breaks.": [answers]}),
            scaffold=BashOnly(),
            limits=RolloutLimits(**(limits or {})),
        )
        return run_rollout(instance, plan_rollouts([instance.instance_id], 1)[0], replace(context, **parts))

    return act


def test_a_submitted_repair(run: Run) -> None:
    made = run(block("cd tools; pwd"), block(f"cd ..; {EDIT}"), block("exit 3"), block(SUBMIT))
    assert (made.exit_status, made.error) == ("Submitted", "")
    assert "+    return min(value, high)" in made.model_patch
    assert [message.role for message in made.messages] == ["system", "user"] + ["assistant", "user"] * 3 + [
        "assistant"
    ]
    assert made.messages[3].content == "/testbed/tools"
    assert [turn.exit_code for turn in made.turns] == [0, 0, 3, 0]
    assert made.turns[0].command == "cd tools; pwd"
    assert (made.sandbox["backend"], made.sandbox["disk"]) == ("namespaces", "tmpfs")
    assert "watchdog" in made.sandbox["memory"]
    assert from_json(Trajectory, to_json(made)) == made


def test_files_outside_the_repository_are_not_in_the_patch(run: Run) -> None:
    made = run(block("echo 1 > /tmp/r.py; echo 2 > new.txt"), block(SUBMIT))
    assert made.model_patch.count("diff --git") == 1
    assert "new.txt" in made.model_patch


@pytest.mark.parametrize(
    ("answers", "limits", "exit_status", "error"),
    [
        ([EDIT, "ls"], {"turns": 2}, "LimitsExceeded", "2 turns"),
        ([EDIT, None, None], {"malformed": 2}, "FormatError", "2 malformed answers in a row"),
        ([EDIT, "ls", "ls", "ls"], {}, "StuckInLoop", "three turns"),
        ([EDIT, ContextLengthError("3000 tokens")], {}, "ContextLength", "3000 tokens"),
        ([EDIT, PolicyError("endpoint down")], {}, "PolicyError", "endpoint down"),
        ([EDIT, "sleep 9", "ls"], {"rollout_timeout_s": 0.5}, "TimeExceeded", "0.5 s"),
    ],
)
def test_every_other_end_keeps_the_patch(
    run: Run,
    answers: list[str | PolicyError | None],
    limits: Mapping[str, float],
    exit_status: str,
    error: str,
) -> None:
    texts = [block(a) if isinstance(a, str) else a or "no block" for a in answers]
    made = run(*texts, limits=limits)
    assert made.exit_status == exit_status
    assert error in made.error
    assert "+    return min(value, high)" in made.model_patch


def test_a_malformed_answer_gets_feedback_and_another_turn(run: Run) -> None:
    made = run("ls", block("ls"), "pwd", block(SUBMIT), limits={"malformed": 2})
    assert made.exit_status == "Submitted"
    assert "exactly one" in made.messages[3].content
    assert [turn.command for turn in made.turns] == [None, "ls", None, SUBMIT]


def test_a_command_that_runs_too_long_is_killed_and_the_rollout_goes_on(run: Run) -> None:
    made = run(block("echo a; sleep 60"), block("echo b"), block(SUBMIT), limits={"command_timeout_s": 0.3})
    assert made.exit_status == "Submitted"
    assert made.turns[0].exit_code is None
    assert made.messages[3].content == "killed: it ran too long\na"
    assert made.messages[5].content == "b"


@pytest.mark.parametrize(
    ("command", "told"),
    [("yes > big", "diff against "), ("chmod 000 .", "Permission denied")],
)
def test_an_agent_that_makes_its_patch_untakable_has_an_empty_one(run: Run, command: str, told: str) -> None:
    """It used to be an infrastructure failure: not measured, and enough of them failed the whole run."""
    made = run(block(command), block(SUBMIT))
    assert (made.exit_status, made.model_patch) == ("Submitted", "")
    assert told in made.error


def test_a_sandbox_that_cannot_start_is_a_record(run: Run, tmp_path: Path) -> None:
    made = run(spec=lambda _: SandboxSpec(layers=(tmp_path / "gone",)))
    assert made.exit_status == "SandboxError"
    assert "does not exist" in made.error
    assert (made.model_patch, made.turns) == ("", ())
    assert len(made.messages) == 2


class ClosedAfterStart:
    """Starts real sandboxes that are gone when they are used."""

    name = "closed"

    def __init__(self, sandboxes: Sandboxes) -> None:
        self.sandboxes = sandboxes

    def start(self, spec: SandboxSpec) -> AbstractContextManager[object]:
        started = self.sandboxes.start(spec)

        class Closed:
            def __enter__(self) -> object:
                sandbox = started.__enter__()
                sandbox.close()
                return sandbox

            def __exit__(self, *error: object) -> None:
                started.__exit__(*error)

        return Closed()


def test_a_sandbox_that_is_lost_is_a_record(run: Run, sandboxes: NamespaceSandboxes) -> None:
    made = run(block("ls"), sandboxes=ClosedAfterStart(sandboxes))
    assert made.exit_status == "SandboxError"
    assert [message.role for message in made.messages] == ["system", "user"]


class DownAtFirst(ScriptedPolicy):
    """Fails once, then answers."""

    def complete(self, messages: Sequence[Message], parameters: SamplingParameters) -> Completion:
        if not hasattr(self, "was_down"):
            self.was_down = True
            raise PolicyError("endpoint down")
        return super().complete(messages, parameters)


def test_a_failure_of_the_infrastructure_is_given_a_second_try(run: Run) -> None:
    """One that passes used to leave an attempt that was not measured."""
    made = run(policy=DownAtFirst({"It breaks.": [[block(EDIT), block(SUBMIT)]]}))
    assert (made.exit_status, made.error, len(made.turns)) == ("Submitted", "", 2)


def test_an_answer_without_a_utf8_form_is_no_crash(run: Run) -> None:
    """A lone surrogate, as JSON can carry it, used to raise where the command was sent."""
    made = run(block("echo \ud800"), limits={"turns": 1})
    assert (made.exit_status, made.messages[-1].content) == ("LimitsExceeded", "?")
    assert "echo ?" in str(to_json(made)).encode().decode()


def test_an_action_may_submit_without_a_command(run: Run) -> None:
    class Finishing(BashOnly):
        def parse(self, answer: str) -> Action:
            return Action(None, submits=True) if answer == "finish" else super().parse(answer)

    made = run(block(EDIT), "finish", scaffold=Finishing())
    assert made.exit_status == "Submitted"
    assert made.messages[-1].content == "finish"
    assert made.model_patch


def test_the_same_plan_gives_the_same_messages(run: Run) -> None:
    answers = (block("ls /; git log --format=%H"), block(EDIT), block(SUBMIT))
    first, second = run(*answers), run(*answers)
    assert (first.messages, first.model_patch) == (second.messages, second.model_patch)


def test_every_turn_draws_with_a_seed_of_its_own(
    sandboxes: NamespaceSandboxes,
    spec: Callable[[Instance], SandboxSpec],
    make_instance: Callable[[str], Instance],
) -> None:
    seen: list[tuple[float, int, int]] = []

    class Watching(ScriptedPolicy):
        def complete(self, messages: object, parameters: object) -> object:
            seen.append((parameters.temperature, parameters.seed, parameters.max_tokens))
            return super().complete(messages, parameters)

    policy = Watching({"": [(block("ls"), block(SUBMIT))]})
    context = RolloutContext(sandboxes, spec, policy, BashOnly(), RolloutLimits(answer_tokens=99))
    plan = plan_rollouts(["o__tools-1"], 2, temperatures=(0.7,))[1]
    run_rollout(make_instance("x"), plan, context)
    assert seen == [(0.7, derive_seed(plan.seed, turn), 99) for turn in (0, 1)]
