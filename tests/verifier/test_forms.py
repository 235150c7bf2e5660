"""Both forms of a row, and the words that are scored."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.errors import InputError
from repodojo.types import Message, Trajectory
from repodojo.verifier.forms import FORMS, chosen_form, render_patch
from repodojo.verifier.patch_sides import patch_sides
from repodojo.verifier.rows import Attempt, build_rows
from repodojo.verifier.score import score_trajectories
from repodojo.verifier.settings import VerifierSettings
from repodojo.verifier.spans import viewed_spans

LOOKED = (
    Message("user", "f(1) gives 2"),
    Message("assistant", '```bash\nf=./pkg/m.py; grep -n -A 2 "def f(" $f\n```'),
    Message("user", "4:def f():\n5-    a = 1\n6-    b = 2"),
    Message("assistant", "```bash\ngrep -n '' $f | sed -n '9,9p'\n```"),
    Message("user", "9:c = 3"),
    Message("assistant", '```bash\ncode | grep -A 18 "^9:"\n```'),
    Message("user", "9:c = 3\n10:d = 4"),
    Message("assistant", "```bash\nsed -n 1,2p a.py b.py; python /tmp/r.py\n```"),
    Message("user", "1:not a span"),
)


class WordScorer:
    """Knows each word's log-probability; a word that it does not know is no single token."""

    name = "words"
    fingerprint = "1"

    def __init__(self, known: dict[str, float]) -> None:
        self.known = known

    def next_token_log_probabilities(
        self, conversations: Sequence[Sequence[Message]], answer_prefix: str, choices: Sequence[str]
    ) -> list[dict[str, float] | None]:
        return [{choice: self.known[choice] for choice in choices} for _ in conversations]


def test_spans_are_the_numbered_lines_of_one_file(trajectory: Callable[..., Trajectory]) -> None:
    spans = viewed_spans(trajectory(messages=LOOKED).messages)
    assert [(span.file, span.span_id) for span in spans] == [("pkg/m.py", "4-6"), ("pkg/m.py", "9-10")]
    assert spans[0].text == "(0004) def f():\n(0005)     a = 1\n(0006)     b = 2"


def test_code_that_a_listing_of_files_leads_to_is_a_span(trajectory: Callable[..., Trajectory]) -> None:
    """Tools that find a file and show it name no file in their command."""
    messages = (
        Message("assistant", '```bash\n. /tmp/tools.sh; run; look "def f("\n```'),
        Message("user", "3\n./tests/test_m.py\n./pkg/m.py\n4:def f():\n5:    return 3"),
    )
    spans = viewed_spans(trajectory(messages=messages).messages)
    assert [(span.file, span.span_id) for span in spans] == [("pkg/m.py", "4-5")]


def test_the_sides_of_a_patch(patch: str) -> None:
    before, after = patch_sides(patch)
    assert before == '<before_file="a/m.py" start_line=3>\na = 1\nb = 2\n</before_file>'
    assert after == '<after_file="b/m.py" start_line=3>\na = 1\nb = 3\n</after_file>'


@given(st.text(max_size=200))
def test_whatever_is_no_patch_has_no_sides(text: str) -> None:
    assert isinstance(patch_sides(text).before, str)
    assert patch_sides("not a diff " + text.replace("diff --git", "")) == ("", "")


def test_a_patch_of_documents_only_has_no_sides(patch: str) -> None:
    assert patch_sides(patch.replace("m.py", "m.rst")) == ("", "")


def test_the_patch_form_shows_issue_sides_and_spans_within_its_limit(
    trajectory: Callable[..., Trajectory], patch: str
) -> None:
    made = trajectory(messages=LOOKED, patch=patch.replace("m.py", "pkg/m.py"))
    _, user = render_patch(made, 10_000)
    for part in (
        *("<issue_description>\nf(1) gives 2", "b = 2", "b = 3", "<code_span=pkg/m.py span_id=4-6>"),
        "<code_span=pkg/m.py span_id=9-10>",
    ):
        assert part in user.content
    _, short = render_patch(made, 80)
    assert "<code_span" not in short.content
    assert "b = 3" in short.content


def test_both_forms_teach_their_own_words(made: Callable[..., list[Attempt]]) -> None:
    attempts = made("p", 1, 1)
    answers = {
        name: [row["messages"][-1]["content"] for row in build_rows(attempts, form, 1_000)]
        for name, form in FORMS.items()
    }
    assert answers == {
        "interaction": ["<judgement>YES</judgement>", "<judgement>NO</judgement>"],
        "patch": ["True", "False"],
    }


def test_the_leading_space_is_another_token(trajectory: Callable[..., Trajectory]) -> None:
    """Rows teach `<judgement>YES`; the released script scored ` YES`, which training never moved."""
    chances = {"YES": 0.9, "NO": 0.1, " YES": 0.2, " NO": 0.2}
    scorer = WordScorer({word: math.log(chance) for word, chance in chances.items()})
    plain, spaced = (
        score_trajectories([trajectory()], scorer, VerifierSettings(leading_space=space))
        for space in (False, True)
    )
    assert plain == {"o__r-1.0": pytest.approx(0.9)}
    assert spaced == {"o__r-1.0": pytest.approx(0.5)}


def test_the_patch_form_is_scored_by_true_and_false(trajectory: Callable[..., Trajectory]) -> None:
    scorer = WordScorer({"True": math.log(0.3), "False": math.log(0.1)})
    settings = VerifierSettings(form="patch")
    assert score_trajectories([trajectory()], scorer, settings) == {"o__r-1.0": pytest.approx(0.75)}


def test_a_log_probability_that_is_no_number_gives_no_score(trajectory: Callable[..., Trajectory]) -> None:
    scorer = WordScorer({"YES": math.nan, "NO": -1.0})
    assert score_trajectories([trajectory()], scorer, VerifierSettings()) == {"o__r-1.0": None}


def test_the_prompts_are_a_folder_that_a_user_can_replace(
    trajectory: Callable[..., Trajectory], tmp_path: Path
) -> None:
    settings = VerifierSettings(prompts=str(tmp_path))
    with pytest.raises(InputError, match=r"expected templates .*TemplateNotFound: .*system.j2"):
        chosen_form(settings).ask(trajectory(), 1000)
    (tmp_path / "system.j2").write_text("Judge.")
    (tmp_path / "user.j2").write_text("{{ interaction | length }} messages, {{ exit_status }}; solved?")
    own = chosen_form(settings)
    system, user = own.ask(trajectory(), 1000)
    assert (system.content, user.content[-18:]) == ("Judge.", "Submitted; solved?")
    assert own.digest() != chosen_form(VerifierSettings()).digest()
    other = tmp_path / "other"
    other.mkdir()
    (other / "system.j2").write_text("Judge.")
    (other / "user.j2").write_text("{{ secret }}")
    with pytest.raises(InputError, match="exit_status, interaction, found UndefinedError: 'secret'"):
        chosen_form(VerifierSettings(prompts=str(other))).ask(trajectory(), 1000)


def test_the_verifier_is_trained_by_lora_unless_told_otherwise() -> None:
    lora = VerifierSettings().training.lora
    assert lora is not None
    assert (lora.rank, lora.alpha, lora.target_modules) == (64, 64, "all-linear")
    assert VerifierSettings.model_validate({"training": {"lora": None}}).training.lora is None
