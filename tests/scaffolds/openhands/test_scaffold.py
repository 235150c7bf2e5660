import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from repodojo.errors import InputError
from repodojo.params import validate_parameters
from repodojo.rollouts.settings import RolloutSettings
from repodojo.scaffolds import openhands
from repodojo.scaffolds.openhands import OpenHands, Options
from repodojo.scaffolds.openhands.scaffold import PROMPTS
from repodojo.types import Instance

SHIPPED = Path(openhands.__file__).parent
MakeInstance = Callable[..., Instance]


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    for name in (*(f"{name}.jinja" for name in PROMPTS), "tools.json"):
        shutil.copy(SHIPPED / name, tmp_path)
    return tmp_path


def test_opens_with_the_issue_and_nothing_hidden(make_instance: MakeInstance) -> None:
    system, user = OpenHands(Options(workdir="/work/place")).open(make_instance())
    assert (system.role, user.role) == ("system", "user")
    assert "---- BEGIN FUNCTION #1: execute_bash ----" in system.content
    assert "Allowed values: [`view`, `create`, `str_replace`, `insert`, `undo_edit`]" in system.content
    assert "<uploaded_files>\n/work/place\n</uploaded_files>" in user.content
    assert "<pr_description>\nfirst() returns the second word.\n</pr_description>" in user.content
    assert not any(secret in system.content + user.content for secret in ("GOLD", "HIDDEN"))


def test_native_calls_need_no_description_in_the_prompt(make_instance: MakeInstance) -> None:
    native, text = OpenHands(Options(calls="native")), OpenHands(Options())
    assert "BEGIN FUNCTION" not in native.open(make_instance())[0].content
    assert [tool["name"] for tool in native.tools] == ["execute_bash", "finish", "str_replace_editor"]
    assert (text.tools, text.stop, native.stop) == ((), ("</function",), ())


def test_the_example_stands_around_the_first_message(make_instance: MakeInstance) -> None:
    plain = OpenHands(Options()).open(make_instance())
    around = OpenHands(Options(example=True)).open(make_instance())
    assert around[0] == plain[0]
    before, after = around[1].content.split(plain[1].content)
    assert "<function=str_replace_editor>" in before
    assert after.strip()


@pytest.mark.parametrize("name", [*(f"{name}.jinja" for name in PROMPTS), "tools.json"])
def test_the_fingerprint_follows_every_prompt(prompts: Path, name: str) -> None:
    shipped = OpenHands(Options()).fingerprint
    assert OpenHands(Options(prompts=prompts)).fingerprint == shipped
    (prompts / name).write_text((prompts / name).read_text() + " ")
    assert OpenHands(Options(prompts=prompts)).fingerprint != shipped


def test_the_fingerprint_follows_every_option() -> None:
    made = [
        OpenHands(Options(**each)) for each in ({}, {"calls": "native"}, {"example": True}, {"workdir": "/w"})
    ]
    assert len({scaffold.fingerprint for scaffold in [*made, OpenHands(Options(), 10)]}) == 5


def test_a_prompt_that_uses_an_unknown_name_is_refused(prompts: Path) -> None:
    (prompts / "instance.jinja").write_text("{{ patch }}")
    with pytest.raises(InputError, match=r"instance\.jinja.*patch.*it may use: workdir, problem_statement"):
        OpenHands(Options(prompts=prompts))


def test_a_configuration_chooses_it(prompts: Path) -> None:
    chosen = {"name": "openhands", "options": {"calls": "native", "prompts": str(prompts)}}
    settings = validate_parameters({"sampling": {"scaffold": chosen, "observation_chars": 30_000}})[
        "sampling"
    ]
    assert isinstance(settings, RolloutSettings)
    scaffold = settings.make_scaffold()
    assert scaffold.fingerprint == OpenHands(Options(calls="native")).fingerprint
    assert "scaffold" not in settings.identity()
    before = settings.model_dump(mode="json")["scaffold"]
    (prompts / "system.jinja").write_text("Work.")
    assert settings.model_dump(mode="json")["scaffold"] != before


def test_what_nobody_chose_changes_no_identity() -> None:
    """Results made before there was a choice would be owed again otherwise."""
    assert {"scaffold", "context_tokens"}.isdisjoint(RolloutSettings().model_dump(mode="json"))
    assert RolloutSettings().make_scaffold().name == "bash_only"


@pytest.mark.parametrize(
    ("scaffold", "told"),
    [
        ({"name": "openhand"}, "scaffold 'openhand': .*expected bash_only, openhands"),
        ({"name": "json.decoder"}, "scaffold 'json.decoder': .*create_scaffold"),
        ({"name": "openhands", "options": {"cals": 1}}, "scaffold 'openhands': option 'cals': Unknown field"),
        ({"name": "openhands", "options": {"calls": "both"}}, "option 'calls': .*'text' or 'native'.*'both'"),
        (
            {"name": "openhands", "options": {"prompts": "/nowhere"}},
            r"/nowhere/system\.jinja: cannot be read",
        ),
        ({"name": "bash_only", "options": {"calls": "text"}}, "scaffold 'bash_only': option 'calls'"),
    ],
)
def test_a_wrong_choice_is_told_before_any_work(scaffold: dict[str, object], told: str) -> None:
    with pytest.raises(InputError, match=f"parameter 'sampling.scaffold': .*{told}"):
        validate_parameters({"sampling": {"scaffold": scaffold}})
