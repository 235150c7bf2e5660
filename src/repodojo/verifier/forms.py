"""The two forms of a verifier's question, and the words that answer it.

``interaction`` shows the whole interaction and is answered by ``<judgement>YES|NO</judgement>`` (SWE-Gym,
section 4.1.1 and appendix B.5); ``patch`` shows issue, patch and viewed code and is answered by True or False
(appendix B.4). The released scoring script asks for " YES" and " NO", with a space that no training row holds
(`leading_space`); where a tokenizer has no such single tokens, the engine refuses.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from repodojo.scaffolds.openhands.trained_text import trained_messages
from repodojo.types import Message, Trajectory
from repodojo.verifier.patch_sides import patch_sides
from repodojo.verifier.prompt import (
    ANSWER_PREFIX,
    NO,
    PROMPTS,
    YES,
    prompts_digest,
    render,
    render_conversation,
)
from repodojo.verifier.settings import VerifierSettings
from repodojo.verifier.spans import Span, viewed_spans

PATCH_PROMPTS = PROMPTS / "patch"


class Form(NamedTuple):
    """How the verifier is asked, and what answers."""

    render: Callable[[Trajectory, int, Path], list[Message]]
    """Takes a trajectory, the most characters of what is shown of it, and the folder of the prompts."""
    prefix: str
    """Opens the answer; the token after it decides."""
    yes: str
    no: str
    suffix: str
    prompts: Path

    def ask(self, trajectory: Trajectory, max_characters: int) -> list[Message]:
        """Return the messages that ask about a trajectory."""
        return self.render(trajectory, max_characters, self.prompts)

    def answer(self, resolved: bool) -> Message:
        """Return the assistant's message that a row teaches."""
        return Message("assistant", self.prefix + (self.yes if resolved else self.no) + self.suffix)

    def choices(self, leading_space: bool) -> tuple[str, str]:
        """Return the two tokens that are asked for, yes first."""
        space = " " if leading_space else ""
        return space + self.yes, space + self.no

    def digest(self) -> str:
        """Return a digest of the prompt files."""
        return prompts_digest(self.prompts)


def render_patch(trajectory: Trajectory, max_characters: int, prompts: Path = PATCH_PROMPTS) -> list[Message]:
    """Render issue, both sides of the patch, and viewed spans; spans too many for the limit are left out.

    The issue is the first user message. Spans of files that the patch changes come first.
    """
    messages = trained_messages(trajectory)
    issue = next((m.content for m in messages if m.role == "user"), "")
    sides = patch_sides(trajectory.model_patch)
    room = max_characters - len(issue) - len(sides.before) - len(sides.after)
    spans = _fitting(viewed_spans(messages), trajectory.model_patch, room)
    return render(prompts, issue=issue, before=sides.before, after=sides.after, spans=spans)


def chosen_form(settings: VerifierSettings) -> Form:
    """Return the form that the settings name, with their prompts."""
    form = FORMS[settings.form]
    return form._replace(prompts=Path(settings.prompts)) if settings.prompts else form


def _fitting(spans: list[Span], patch: str, room: int) -> list[Span]:
    """Choose what fits, files of the patch first, and leave it in its order."""
    kept = set()
    for span in sorted(spans, key=lambda each: f"a/{each.file}" not in patch):
        if len(span.text) <= room:
            kept.add(span)
            room -= len(span.text)
    return [span for span in spans if span in kept]


FORMS: Mapping[str, Form] = {
    "interaction": Form(render_conversation, ANSWER_PREFIX, YES, NO, "</judgement>", PROMPTS),
    "patch": Form(render_patch, "", "True", "False", "", PATCH_PROMPTS),
}
