"""Whether a checkpoint can answer as a verifier does: with one token, another one for yes than for no."""

from pathlib import Path

from repodojo.errors import InputError, PolicyError
from repodojo.policies.answer_tokens import single_tokens
from repodojo.verifier.forms import chosen_form
from repodojo.verifier.settings import VerifierSettings

TOKENIZER = "tokenizer.json"


def check_answers(checkpoint: Path, settings: VerifierSettings) -> None:
    """Look into the checkpoint's tokenizer; one without a fast tokenizer is left to the engine that loads it.

    Raises:
        InputError: naming the file, and what to do.
    """
    path = checkpoint / TOKENIZER
    if not path.is_file():
        return
    from tokenizers import Tokenizer  # noqa: PLC0415 - comes with the extra 'train'

    tokenizer, form = Tokenizer.from_file(str(path)), chosen_form(settings)
    choices = form.choices(settings.leading_space)
    try:
        single_tokens(lambda text: tokenizer.encode(text, add_special_tokens=False).ids, form.prefix, choices)
    except PolicyError as error:
        raise InputError(
            f"{path}: expected {' and '.join(map(repr, choices))} as two tokens that can follow "
            f"{form.prefix!r}, found: {error}; start the verifier from another checkpoint, or change "
            "'verifier.form' or 'verifier.leading_space'"
        ) from error
