"""Answers that no policy should give: each is recorded and bounded, and the rollout goes on."""

import json
from collections.abc import Callable, Sequence

import pytest

from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import SandboxSpec
from repodojo.policies.policy import Completion, SamplingParameters
from repodojo.rollouts.plan import plan_rollouts
from repodojo.rollouts.run import RolloutContext, RolloutLimits, run_rollout
from repodojo.scaffolds.choice import make_scaffold
from repodojo.types import Instance, Message, ToolCall, Trajectory, from_json, to_json

LONGEST, LENGTH = 10_000_000, 3_000_000
LONG = {
    "text": "é \n" * (LONGEST // 4),
    "fences": "```bash\n" * (LENGTH // 8),
    "calls": "<function=execute_bash>\n<parameter=command>" * (LENGTH // 43),
    "braces": '{"a": ' * (LENGTH // 6),
    "brackets": "[" * LENGTH,
}
ODD = {
    "controls": "".join(map(chr, range(32))) + "\x7f\x85\u2028",
    "nul": "a\0b",
    "surrogate": "\ud800 \udc80",
    "quotes": "echo \"'`$(<<'EOF'\n",
    "nothing": "",
    "redirections": "<<" * 1000,
    "backslashes": "\\" * 1001 + "\n",
}
COMMANDS = {
    **ODD,
    "long command": "true " + "x" * 1_000_000,
    "many lines": "true\n" * 200_000,
    "continued lines": ":\\\n" * 200_000,
}
ARGUMENTS = {
    "no JSON": "{",
    "bomb": '{"command": ' * 100_000,
    "deep": '{"command": ' + "[" * 960 + "]" * 960 + "}",
    "surrogate": '{"command": "echo \\ud800"}',
    "nul": '{"command": "echo a\\u0000b"}',
    "list": "[1]",
    "of another type": '{"command": {"a": 1}}',
    "many": json.dumps({f"a{n}": n for n in range(100_000)}),
    "editor": json.dumps({"command": "view", "path": ["x"], "view_range": {"a": [1]}}),
    "editor path": '{"command": "create", "path": "/tmp/\\ud800\\u0000", "file_text": "x"}',
    "editor long": json.dumps({"command": "create", "path": "/tmp/new", "file_text": "x\n" * 2_000_000}),
}


class Hostile:
    """Gives one answer at first, and then another one."""

    name = fingerprint = "hostile"

    def __init__(self, answer: Message, last: Message) -> None:
        self.answers = [answer, last]

    def complete(self, messages: Sequence[Message], parameters: SamplingParameters) -> Completion:
        answer = self.answers.pop(0)
        return Completion(answer.content, "stop", 1, 1, answer.tool_calls)


Run = Callable[..., Trajectory]


@pytest.fixture(scope="module")
def run(sandboxes: NamespaceSandboxes, spec: SandboxSpec, make_instance: Callable[[], Instance]) -> Run:
    def act(scaffold: str, answer: Message, **options: str) -> Trajectory:
        policy = Hostile(answer, Message("assistant", "Nothing more."))
        context = RolloutContext(
            sandboxes,
            lambda _: spec,
            policy,
            make_scaffold(scaffold, options, 1000),
            RolloutLimits(turns=2, malformed=9, command_timeout_s=20),
        )
        made = run_rollout(make_instance(), plan_rollouts(["o__words-1"], 1)[0], context)
        assert (made.exit_status, policy.answers) == ("LimitsExceeded", []), made.error
        text = json.dumps(to_json(made), ensure_ascii=False, allow_nan=False).encode()
        assert from_json(Trajectory, json.loads(text)) == made
        return made

    return act


@pytest.mark.parametrize("scaffold", ["bash_only", "openhands", "moatless"])
@pytest.mark.parametrize("name", [*LONG, *ODD])
def test_a_hostile_answer_is_recorded_and_the_rollout_goes_on(run: Run, scaffold: str, name: str) -> None:
    answer = {**LONG, **ODD}[name]
    made = run(scaffold, Message("assistant", answer))
    said = [message.content for message in made.messages if message.role == "assistant"]
    assert len(said[0]) >= len(answer)
    told = made.messages[-2].content if scaffold != "moatless" else made.messages[-3].content
    assert len(told) < 20_000


@pytest.mark.parametrize("name", COMMANDS)
def test_a_hostile_command_runs_in_the_sandbox_and_nowhere_else(run: Run, name: str) -> None:
    command = COMMANDS[name]
    block = run("bash_only", Message("assistant", f"```bash\n{command}\n```"))
    call = f"<function=execute_bash>\n<parameter=command>{command}</parameter>\n</function>"
    for made in (block, run("openhands", Message("assistant", call))):
        assert all(len(message.content) < 20_000 for message in made.messages if message.role == "user")


@pytest.mark.parametrize("name", ARGUMENTS)
def test_hostile_arguments_are_fed_back_or_used(run: Run, name: str) -> None:
    """A lone surrogate in JSON's own escapes used to end the whole run where the command was sent."""
    tool = "str_replace_editor" if name.startswith("editor") else "execute_bash"
    called = Message("assistant", "", (ToolCall("c1", tool, ARGUMENTS[name]),))
    made = run("openhands", called, calls="native")
    (answered,) = [message.content for message in made.messages if message.role == "tool"]
    assert len(answered) < 20_000


def test_ten_thousand_calls_in_one_answer_are_cut_and_it_is_told(run: Run) -> None:
    """Each used to be run, for hours."""
    calls = tuple(ToolCall(f"c{n}", "execute_bash", f'{{"command": ": {n}"}}') for n in range(10_000))
    made = run("openhands", Message("assistant", "", calls), calls="native")
    assert sum(message.role == "tool" for message in made.messages) == 100
    assert "9900 calls were left out" in made.messages[-3].content
