"""A whole repair in a real sandbox, with calls as text and with native ones."""

import json
from collections.abc import Callable

import pytest

from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import SandboxSpec
from repodojo.policies.policy import Completion, SamplingParameters
from repodojo.policies.scripted import ScriptedPolicy
from repodojo.rollouts.plan import plan_rollouts
from repodojo.rollouts.run import RolloutContext, RolloutLimits, run_rollout
from repodojo.scaffolds.openhands import OpenHands, Options
from repodojo.scaffolds.tools.text_form import Call, render_answer
from repodojo.training.chat_format import sft_rows
from repodojo.types import Instance, Message, ToolCall, Trajectory, from_json, to_json

Run = Callable[..., Trajectory]
EDIT = {
    "command": "str_replace",
    "path": "/testbed/words.py",
    "old_str": "split()[1]",
    "new_str": "split()[0]",
}
STEPS = [
    ("I look around.", Call("str_replace_editor", {"command": "view", "path": "/testbed"})),
    (
        "I see it happen.",
        Call("execute_bash", {"command": "python -c 'import words; print(words.first(\"a b\"))'"}),
    ),
    ("The index is wrong.", Call("str_replace_editor", EDIT)),
    ("", Call("execute_bash", {"command": "python -c 'import words; print(words.first(\"a b\"))'"})),
    ("It works.", Call("finish", {})),
]
TEXT = [render_answer(thought, call) for thought, call in STEPS]
NATIVE = [
    Message("assistant", thought, (ToolCall(f"c{n}", call.name, json.dumps(call.arguments)),))
    for n, (thought, call) in enumerate(STEPS)
]


@pytest.fixture
def run(sandboxes: NamespaceSandboxes, spec: SandboxSpec, make_instance: Callable[[], Instance]) -> Run:
    def act(answers: list[str | Message], calls: str, **limits: int) -> Trajectory:
        instance = make_instance()
        context = RolloutContext(
            sandboxes=sandboxes,
            spec=lambda _: spec,
            policy=ScriptedPolicy({"": [answers]}),
            scaffold=OpenHands(Options(calls=calls)),
            limits=RolloutLimits(**{"malformed": 100, **limits}),
        )
        return run_rollout(instance, plan_rollouts([instance.instance_id], 1)[0], context)

    return act


@pytest.mark.parametrize(("calls", "answers"), [("text", TEXT), ("native", NATIVE)])
def test_a_repair(run: Run, calls: str, answers: list[str | Message]) -> None:
    made = run(answers, calls)
    assert (made.exit_status, made.error) == ("Submitted", "")
    assert "-    return text.split()[1]\n+    return text.split()[0]" in made.model_patch
    assert len(made.turns) == 5
    observations = [m.content for m in made.messages if m.role in ("user", "tool")]
    assert "\r\nb[Python Interpreter" in observations[-3]
    assert "\r\na[Python Interpreter" in observations[-1]
    assert from_json(Trajectory, to_json(made)) == made
    assert made.scaffold_fingerprint == OpenHands(Options(calls=calls)).fingerprint


def test_both_forms_teach_the_same(run: Run) -> None:
    assert sft_rows([run(TEXT, "text")]) == sft_rows([run(NATIVE, "native")])


def test_a_loop_ends_the_rollout(run: Run) -> None:
    made = run(TEXT[:1] + TEXT[1:2] * 4 + TEXT[2:], "text")
    assert made.exit_status == "StuckInLoop"
    assert len(made.turns) == 5


def test_the_context_ends_the_rollout(run: Run) -> None:
    made = run(TEXT, "text", context_tokens=100)
    assert (made.exit_status, len(made.turns)) == ("ContextLength", 1)


def test_the_policy_is_asked_for_what_the_form_needs(
    sandboxes: NamespaceSandboxes, spec: SandboxSpec, make_instance: Callable[[], Instance]
) -> None:
    seen: list[SamplingParameters] = []

    class Watching(ScriptedPolicy):
        def complete(self, messages: object, parameters: SamplingParameters) -> Completion:
            seen.append(parameters)
            return super().complete(messages, parameters)

    for calls, answer in (("text", TEXT[-1]), ("native", NATIVE[-1])):
        scaffold = OpenHands(Options(calls=calls))
        context = RolloutContext(sandboxes, lambda _: spec, Watching({"": [[answer]]}), scaffold)
        run_rollout(make_instance(), plan_rollouts(["o__words-1"], 1)[0], context)
    assert (seen[0].stop, seen[0].tools) == (("</function",), ())
    assert seen[1].stop == ()
    assert [tool["name"] for tool in seen[1].tools] == ["execute_bash", "finish", "str_replace_editor"]
