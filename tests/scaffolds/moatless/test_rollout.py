"""Whole rollouts in a real sandbox, with answers in a fixed order."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import Sandbox, SandboxSpec
from repodojo.errors import InputError, SandboxError
from repodojo.params import validate_parameters
from repodojo.policies.policy import Completion, SamplingParameters
from repodojo.rollouts.plan import plan_rollouts
from repodojo.rollouts.run import RolloutContext, RolloutLimits, run_rollout
from repodojo.scaffolds import moatless
from repodojo.scaffolds.moatless import Moatless, Options
from repodojo.scaffolds.moatless.prompting import PROMPTS
from repodojo.scaffolds.moatless.repository import lint, read_code, unpack
from repodojo.training.chat_format import sft_rows
from repodojo.types import Instance, Message, Trajectory

Run = Callable[..., Trajectory]
SEARCH = json.dumps({"scratch_pad": "first() it is.", "search_requests": [{"function_names": ["first"]}]})
IDENTIFY = json.dumps({"identified_spans": [{"file_path": "words.py", "span_ids": ["first"]}]})
DECIDE = json.dumps({"relevant": True, "complete": True})
PLAN = json.dumps(
    {"action": "modify", "file_path": "words.py", "span_id": "first", "instructions": "Take the first."}
)
EDIT = "<replace>\ndef first(text):\n    return text.split()[0]\n\n\n"
FINISH = json.dumps({"action": "finish", "finish": "It is repaired."})


class InOrder:
    """Gives its answers one after another, whatever it is asked."""

    name = fingerprint = "in_order"

    def __init__(self, answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[Sequence[Message]] = []

    def complete(self, messages: Sequence[Message], parameters: SamplingParameters) -> Completion:
        assert parameters.stop == ("</replace>",)
        self.asked.append(messages)
        return Completion(self.answers.pop(0), "stop", 10, 5)


@pytest.fixture
def run(sandboxes: NamespaceSandboxes, spec: SandboxSpec, make_instance: Callable[[], Instance]) -> Run:
    def act(policy: InOrder, **limits: int) -> Trajectory:
        limits = {"turns": 100, "malformed": 100, **limits}
        context = RolloutContext(
            sandboxes, lambda _: spec, policy, Moatless(Options()), RolloutLimits(**limits)
        )
        return run_rollout(make_instance(), plan_rollouts(["o__words-1"], 1)[0], context)

    return act


def test_a_repair(run: Run) -> None:
    policy = InOrder([SEARCH, IDENTIFY, DECIDE, PLAN, EDIT, FINISH])
    made = run(policy)
    assert (made.exit_status, made.error) == ("Submitted", "")
    assert "-    return text.split()[1]\n+    return text.split()[0]" in made.model_patch
    assert all([m.role for m in asked][:2] == ["system", "user"] for asked in policy.asked)
    initial, identify, _, plan, edit, finish = (asked[-1].content for asked in policy.asked)
    assert "This code may help" in initial
    assert "<span id='first'>" in identify
    assert "<file_context>\nwords.py" in plan
    assert "<search>\ndef first(text):\n    return text.split()[1]" in edit
    assert "<diff>\n--- a/words.py" in finish
    assert "return text.split()[0]" in finish.split("</diff>")[1]
    # What was planned before is shown, without the code of that time.
    assert [m.role for m in policy.asked[-1]] == ["system", "user", "assistant", "user"]
    assert policy.asked[-1][2].content == PLAN
    assert "<file_context>" not in policy.asked[-1][1].content


def test_every_call_is_a_row_of_its_own(run: Run) -> None:
    made = run(InOrder([SEARCH, IDENTIFY, DECIDE, PLAN, EDIT, FINISH]))
    rows = sft_rows([made])
    assert [row["messages"][-1]["content"] for row in rows] == [
        SEARCH,
        IDENTIFY,
        DECIDE,
        PLAN,
        EDIT + "</replace>",
        FINISH,
    ]
    assert all(row["messages"][0]["role"] == "system" for row in rows)


def test_an_edit_that_breaks_the_syntax_is_told_with_its_error(run: Run) -> None:
    policy = InOrder([SEARCH, IDENTIFY, DECIDE, PLAN, "<replace>\ndef first(text:\n</replace>", FINISH])
    run(policy)
    assert "<lint_errors>\n * E0001 1 " in policy.asked[-1][-1].content


def test_three_answers_that_cannot_be_acted_upon_reject_the_rollout(run: Run) -> None:
    policy = InOrder([SEARCH, "no", "no", IDENTIFY, "no", "no", "no"])
    made = run(policy)
    assert made.exit_status == "Rejected"
    assert len(made.turns) == 7
    assert [m.role for m in policy.asked[3]] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert "expected an object of named fields" in policy.asked[3][-1].content


def test_going_round_ends_at_the_limit_of_transitions(run: Run) -> None:
    nothing = json.dumps({"scratch_pad": "Not it."})
    made = run(InOrder([SEARCH, nothing] * 20))
    assert made.exit_status == "LimitsExceeded"
    assert len(made.turns) == 26


def test_planning_is_limited_too(run: Run) -> None:
    refused = "<reject>No.</reject>"
    made = run(InOrder([SEARCH, IDENTIFY, DECIDE, *[PLAN, refused] * 10]))
    assert made.exit_status == "Rejected"
    assert sum("PlanToCode: " in (turn.command or "") for turn in made.turns) == 8


def test_a_configuration_chooses_it_and_a_user_replaces_its_prompts(tmp_path: Path) -> None:
    shipped = Path(moatless.__file__).parent
    for name in PROMPTS:
        shutil.copy(shipped / f"{name}.jinja", tmp_path)
    chosen = {"name": "moatless", "options": {"prompts": str(tmp_path)}}
    settings = validate_parameters({"sampling": {"scaffold": chosen}})["sampling"]
    assert settings.make_scaffold().fingerprint == Moatless(Options()).fingerprint
    (tmp_path / "plan.jinja").write_text("{{ issue }}")
    assert settings.make_scaffold().fingerprint != Moatless(Options()).fingerprint
    (tmp_path / "plan.jinja").write_text("{{ patch }}")
    with pytest.raises(InputError, match=r"plan\.jinja.*patch"):
        settings.make_scaffold()


def test_only_python_text_files_are_read(sandbox: Sandbox) -> None:
    sandbox.run(
        "printf 'x\\351' > latin.py; mkdir -p 'a b' .git/x; echo y > 'a b/c.py'; ln -s words.py l.py", 10
    )
    assert sorted(unpack(read_code(sandbox))) == ["a b/c.py", "words.py"]
    assert "code.tar" not in sandbox.run("ls -a /tmp", 10).text


def test_lint_without_pylint_tells_errors_of_syntax(sandbox: Sandbox) -> None:
    assert lint(sandbox, "words.py", "x = 1\n") == []
    (error,) = lint(sandbox, "words.py", "x =\n")
    assert error.startswith("E0001 1 ")


def test_a_lost_sandbox_is_an_error_of_its_own(sandbox: Sandbox) -> None:
    sandbox.close()
    with pytest.raises(SandboxError):
        read_code(sandbox)
