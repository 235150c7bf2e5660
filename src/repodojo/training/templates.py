"""The chat template that training renders with: one that marks what the assistant writes."""

from pathlib import Path
from typing import Any

from repodojo.errors import TrainingError


def training_template(tokenizer: Any, checkpoint: Path) -> str | None:
    """Return TRL's version of a tokenizer's template, with marks; None where its own has them.

    Raises:
        TrainingError: there is no template, or none with marks.
    """
    from trl.chat_template_utils import (  # noqa: PLC0415 - seconds
        get_training_chat_template,
        has_generation_markers,
    )

    own = tokenizer.chat_template
    if own is None:
        raise TrainingError(
            f"{checkpoint}: chat template: expected one in chat_template.jinja or tokenizer_config.json, "
            f"found none; take the one of the model's instruct version"
        )
    if has_generation_markers(own):
        return None
    try:
        return str(get_training_chat_template(tokenizer))
    except ValueError as error:
        raise TrainingError(
            f"{checkpoint}: chat template: expected {{% generation %}} and {{% endgeneration %}} around what "
            f"the assistant writes, found neither, and TRL knows no version of it with them; add them"
        ) from error
