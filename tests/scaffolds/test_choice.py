"""A scaffold of one's own is one folder: the one that the README shows works on a real repository."""

from collections.abc import Callable
from pathlib import Path

import pytest

from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import SandboxSpec
from repodojo.errors import InputError
from repodojo.params import validate_parameters
from repodojo.policies.repair import RepairPolicy
from repodojo.policies.scripted import ScriptedPolicy
from repodojo.rollouts.plan import plan_rollouts
from repodojo.rollouts.run import RolloutContext, run_rollout
from repodojo.scaffolds.choice import check_fits, make_scaffold
from repodojo.types import Instance


def test_a_fourth_scaffold_is_one_folder(
    monkeypatch: pytest.MonkeyPatch,
    sandboxes: NamespaceSandboxes,
    spec: SandboxSpec,
    make_instance: Callable[[], Instance],
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    chosen = {"sampling": {"scaffold": {"name": "my_scaffolds.last_line"}}}
    scaffold = validate_parameters(chosen)["sampling"].make_scaffold()
    answers = ("I look.\nls docs", "", "Repair it.\nsed -i 's/\\[1\\]/[0]/' words.py", "It works.\nDONE")
    context = RolloutContext(sandboxes, lambda _: spec, ScriptedPolicy({"": [answers]}), scaffold)
    made = run_rollout(make_instance(), plan_rollouts(["o__words-1"], 1)[0], context)
    assert (made.exit_status, made.scaffold) == ("Submitted", "last_line")
    assert made.messages[3].content == "more\nuse.md\n\n(exit code 0)"
    assert made.messages[5].content == "End with a command."
    assert "+    return text.split()[0]" in made.model_patch


def test_the_readme_shows_the_whole_scaffold() -> None:
    here = Path(__file__).parent
    code = (here / "my_scaffolds/last_line/__init__.py").read_text()
    assert f"```python\n{code}```\n" in (here.parents[1] / "README.md").read_text()


def test_the_repair_agent_acts_in_the_scaffold_that_it_knows() -> None:
    check_fits(RepairPolicy().name, make_scaffold("bash_only", {}, 1800))
    check_fits("gpt-4o", make_scaffold("openhands", {}, 30_000))
    with pytest.raises(InputError, match="'repair' acts in scaffold 'bash_only' only, found 'openhands'"):
        check_fits(RepairPolicy().name, make_scaffold("openhands", {}, 30_000))
