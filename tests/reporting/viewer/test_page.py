"""The page of one instance: everything that a trajectory holds is data in it, never markup."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from repodojo.reporting.viewer import page
from repodojo.reporting.viewer.page import Attempt, group_attempts, instance_index, page_name, render_page
from repodojo.reporting.viewer.text import LONGEST, script_json, shown
from repodojo.types import Instance, Message, Trajectory, Turn, Verdict

MARKUP = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
HOSTILE = f"{MARKUP}\x1b[31mred\x1b[0m\u202e\u2028]]>\ud800<!--"


def instance(text: str = "issue", name: str = "o__r-1") -> Instance:
    return Instance(*(name, "o/r", "1", "0", text, text, "", (text,), ("u",), "e", ("t.py",)))


def attempt(number: int, text: str, outcome: Any = "unresolved", score: float | None = None) -> Attempt:
    messages = [Message("system", text), Message("user", text)]
    messages += [Message("assistant", text), Message("user", text), Message("assistant", text)]
    turns = (Turn(text, 0, 1, 1, "stop", 0.0, 0.0), Turn(None, None, 1, 1, "stop", 0.0, 0.0))
    key = f"o__r-1.{number}"
    trajectory = Trajectory(
        *(key, "o__r-1", text, "s", number, 0.0, 0), tuple(messages), turns, text, "Submitted", text
    )
    return Attempt("teacher", trajectory, Verdict(key, "o__r-1", outcome, text, (text,)), score)


class Blocks(HTMLParser):
    """The elements of a page as a browser sees them, and the text of its script elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.events: list[str] = []
        self.scripts: dict[str, str] = {}
        self._inside: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.events += [name for name, _ in attrs if name.startswith("on")]
        self._inside = dict(attrs).get("id") or "code" if tag == "script" else None

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts[self._inside] = self.scripts.get(self._inside, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._inside = None


def test_hostile_text_adds_no_element() -> None:
    tame, hostile = (Blocks(render_page(instance(text), [attempt(0, text)])) for text in ("tame", HOSTILE))
    assert hostile.tags == tame.tags
    assert hostile.events == []
    assert hostile.scripts["code"] == tame.scripts["code"]
    turns = json.loads(hostile.scripts["texts-0"])["turns"]
    assert [[role for role, _ in turn] for turn in turns] == [["assistant", "user"], ["assistant"]]
    assert turns[0][0][1] == (f"{MARKUP}red⟨U+202E⟩⟨U+2028⟩]]>⟨U+D800⟩<!--")


def test_signs_that_nobody_sees_are_written_out() -> None:
    """A soft hyphen, an Arabic letter mark and tag characters hid words from a reader."""
    assert shown("a\u00adb\u061cc\u180ed\U000e0041\ufff9e") == (
        "a⟨U+00AD⟩b⟨U+061C⟩c⟨U+180E⟩d⟨U+E0041⟩⟨U+FFF9⟩e"
    )
    assert shown("naïve שלום 你好 👩🏽\n\tend") == "naïve שלום 你好 👩🏽\n\tend"


@given(st.text())
def test_any_text_comes_back_from_its_script_element(text: str) -> None:
    block = script_json({"text": shown(text)})
    assert not re.search("[<>&\u2028\u2029]", block)
    assert json.loads(block)["text"] == shown(text)
    block.encode()


def test_a_page_allows_only_its_own_script_and_style_and_refers_to_nothing() -> None:
    text = render_page(instance(), [attempt(0, "x")])
    assert "default-src &#39;none&#39;; script-src &#39;sha256-" in text
    assert not re.search(r"\b(?:src|href)=\"(?!\.\./report\.html)", text)


def test_every_part_of_the_script_is_in_the_page() -> None:
    code = Blocks(render_page(instance(), [])).scripts["code"]
    parts = list((Path(page.__file__).parent / "script").iterdir())
    assert len(parts) == len(page.SCRIPTS)
    assert all(part.read_text() in code for part in parts)


def test_a_very_long_message_is_cut_and_the_page_says_so() -> None:
    text = render_page(instance(), [attempt(0, "<b>" * 4_000_000)])
    assert len(text) < 40 * LONGEST
    assert "11,940,000 characters are not on this page" in text


def test_attempts_have_score_verdict_tests_and_first_fix() -> None:
    attempts = [attempt(0, "sed -i 1d x", "resolved", 0.75), attempt(1, "ls")]
    found = json.loads(Blocks(render_page(instance(), attempts)).scripts["overview"])
    assert [(each["outcome"], each["score"], each["fix"]) for each in found] == [
        *(("resolved", 0.75, 0), ("unresolved", None, None)),
    ]
    assert found[1]["failed"] == ["ls"]
    assert found[0]["turns"][1][:2] == [None, None]


def test_an_instance_without_attempts_has_a_page() -> None:
    assert json.loads(Blocks(render_page(instance(), [])).scripts["overview"]) == []


def test_a_page_has_a_safe_name() -> None:
    assert page_name("o__r-1") == "o__r-1.html"
    assert re.fullmatch(r"-x-y-[0-9a-f]{8}\.html", page_name("../x<y"))
    assert re.fullmatch(r"h-[0-9a-f]{8}\.html", page_name(".h"))


def test_instances_whose_ids_differ_in_signs_alone_have_pages_of_their_own() -> None:
    assert len({page_name(name) for name in ("o/r", "o-r", "o:r", "x" * 300, "x" * 301)}) == 5


def test_attempts_are_grouped_by_instance_with_the_scores_of_one_policy() -> None:
    made = {each.trajectory.rollout_id: each.trajectory for each in (attempt(1, "x"), attempt(0, "x"))}
    graded = {"o__r-1.0": Verdict("o__r-1.0", "o__r-1", "resolved", "tests")}
    groups = group_attempts(
        {"teacher": made, "fine_tuned": made},
        {"teacher": graded, "fine_tuned": {}},
        {"o__r-1.0": 0.5},
        "fine_tuned",
    )
    assert [(each.group, each.trajectory.attempt, each.score) for each in groups["o__r-1"]] == [
        *(("teacher", 0, None), ("teacher", 1, None), ("fine_tuned", 0, 0.5), ("fine_tuned", 1, None)),
    ]
    rows = instance_index([instance(), instance(name="o__r-2")], groups)
    assert [(row["instance_id"], row["attempts"]) for row in rows] == [
        ("o__r-1", {"teacher": [1, 2], "fine_tuned": [0, 2]}),
        ("o__r-2", {}),
    ]
    assert rows[0]["page"] == "trajectories/o__r-1.html"
