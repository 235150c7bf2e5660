"""The verifier's conversation: a whole interaction, and the question whether it solved the problem.

Outcome-supervised reward model of SWE-Gym (section 4.1.1 and appendix B.5): the answer is
``<judgement>YES</judgement>`` or ``<judgement>NO</judgement>``, and the token after the tag gives the score.
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from repodojo.errors import InputError
from repodojo.scaffolds.openhands.trained_text import trained_messages
from repodojo.types import Message, Trajectory

ANSWER_PREFIX = "<judgement>"
YES, NO = "YES", "NO"
PROMPTS = Path(__file__).parent / "prompts"


def render_conversation(
    trajectory: Trajectory, max_characters: int, prompts: Path = PROMPTS
) -> list[Message]:
    """Render a trajectory as the verifier's system and user messages.

    An interaction of more than ``max_characters`` loses turns from its middle, two messages at a time:
    the issue and the end, which say most about the outcome, stay.
    """
    interaction = shorten([m for m in trained_messages(trajectory) if m.role != "system"], max_characters)
    return render(prompts, interaction=interaction, exit_status=trajectory.exit_status)


def render(prompts: Path, **values: object) -> list[Message]:
    """Render a folder's system and user messages, the second from the values.

    Raises:
        InputError: a template is missing, cannot be read, or uses what it is not given.
    """
    environment = _environment(prompts)
    try:
        system, user = environment.get_template("system.j2"), environment.get_template("user.j2")
        return [Message("system", system.render().strip()), Message("user", user.render(values).strip())]
    except TemplateError as error:
        raise InputError(
            f"{prompts}: expected templates system.j2 and user.j2, the second of "
            f"{', '.join(sorted(values))}, found {type(error).__name__}: {error}; "
            "mend them, or leave out 'verifier.prompts'"
        ) from error


@cache
def _environment(prompts: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(prompts),
        undefined=StrictUndefined,
        trim_blocks=True,
        autoescape=False,  # noqa: S701
    )


def shorten(messages: Sequence[Message], max_characters: int) -> list[Message]:
    """Drop messages after the first until the rest fits; the first and the last two always stay."""
    kept = list(messages)
    while len(kept) > 3 and sum(len(m.content) for m in kept) > max_characters:
        del kept[1]
    return kept


def prompts_digest(prompts: Path = PROMPTS) -> str:
    """Return a digest of the prompt files."""
    digest = hashlib.sha256()
    for path in sorted(prompts.glob("*.j2")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]
