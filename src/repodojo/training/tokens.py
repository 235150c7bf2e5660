"""A conversation as tokens, once as training reads it and once as serving sends and gets it, turn by turn.

Nothing is trained where the two differ. Loss falls on every token of an answer up to the one that ends it; a
template may put it on what frames an answer, too. Tokenizers come in as arguments: loading takes seconds.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from repodojo.errors import TrainingError

_CONTEXT = 24
"""Tokens shown on either side of the first that differs."""


class TokenRow(NamedTuple):
    """One row: its tokens, and for each whether loss falls on it."""

    input_ids: list[int]
    learned: list[bool]


class Answer(NamedTuple):
    """Where an answer stands in the tokens that serving deals with."""

    message: int
    """Its place in the conversation."""
    sent: list[int]
    """The tokens of the prompt that it answers."""
    whole: list[int]
    """Those of the conversation up to and with the answer."""
    end: int
    """Where the token that ends the answer stands."""


def build_row(tokenizer: Any, messages: Sequence[Mapping[str, str]], template: str | None) -> TokenRow:
    """Return the tokens and the mask that training uses.

    ``template`` stands in for the tokenizer's own where that does not mark what the assistant writes.
    """
    built = tokenizer.apply_chat_template(
        list(messages), chat_template=template, return_dict=True, return_assistant_tokens_mask=True
    )
    return TokenRow(list(built["input_ids"]), [bool(kept) for kept in built["assistant_masks"]])


def serve_turns(tokenizer: Any, messages: Sequence[Mapping[str, str]], ends: Collection[int]) -> list[Answer]:
    """Return what serving sends for each answer of a conversation, and what comes back.

    Raises:
        TrainingError: the template ends an answer with none of the tokens that end generation.
    """
    answers = []
    for place, message in enumerate(messages):
        if message["role"] == "assistant":
            sent = _encode(tokenizer, messages[:place], prompt=True)
            whole = _encode(tokenizer, messages[: place + 1])
            found = [at for at in range(len(sent), len(whole)) if whole[at] in ends]
            if not found:
                raise TrainingError(
                    f"the chat template ends message {place + 1} with none of the tokens that end an answer "
                    f"({_shown(tokenizer, sorted(ends))}): a policy trained so would never stop; "
                    f"mend eos_token_id in generation_config.json, or the template"
                )
            answers.append(Answer(place, sent, whole, found[-1]))
    return answers


def check_row(
    name: str, row: TokenRow, answers: Sequence[Answer], tokenizer: Any, messages: Sequence[Mapping[str, str]]
) -> None:
    """Compare a row of training with what serving deals with in the same conversation.

    Raises:
        TrainingError: naming the row, the message and the first token that differs, with those around it.
    """
    for answer in answers:
        for what, ids in (("the prompt of", answer.sent), ("the conversation up to", answer.whole)):
            at = _first_difference(row.input_ids[: len(ids)], ids)
            if at is not None:
                raise TrainingError(
                    f"{name}: token {at + 1} of {what} message {answer.message + 1}: training reads "
                    f"{_around(tokenizer, row.input_ids, at)}, serving has {_around(tokenizer, ids, at)}; "
                    f"training and serving must use one chat template and one tokenizer"
                )
    if answers and len(row.input_ids) > len(answers[-1].whole):
        raise TrainingError(f"{name}: training reads tokens after the last answer, which serving never has")
    wanted = {at for answer in answers for at in range(len(answer.sent), answer.end + 1)}
    if {at for at, learned in enumerate(row.learned) if learned} != wanted:
        frames = (
            len(_encode(tokenizer, messages[: each.message])) if each.message else 0 for each in answers
        )
        spans = zip(frames, answers, strict=True)
        allowed = {at for frame, answer in spans for at in range(frame, len(answer.whole))}
        _check_mask(name, row, wanted, allowed, tokenizer)


def _check_mask(
    name: str, row: TokenRow, wanted: Collection[int], allowed: Collection[int], tokenizer: Any
) -> None:
    """Look whether loss falls on all of every answer, and on nothing else but what frames it."""
    for at, learned in enumerate(row.learned):
        if learned and at not in allowed:
            problem = "loss falls on it, and the policy never writes it"
        elif not learned and at in wanted:
            problem = "no loss falls on it, though the policy has to write it"
        else:
            continue
        raise TrainingError(
            f"{name}: token {at + 1}, {_around(tokenizer, row.input_ids, at)}: {problem}; mend what the chat "
            f"template marks with {{% generation %}}"
        )


def without_loss(row: TokenRow, answers: Sequence[Answer], masked: Collection[int]) -> TokenRow:
    """Take the loss from the answers whose places in the conversation are ``masked``."""
    learned, before = list(row.learned), 0
    for answer in answers:
        after = len(answer.whole)
        if answer.message in masked:
            learned[before:after] = [False] * (after - before)
        before = after
    return TokenRow(row.input_ids, learned)


def _encode(tokenizer: Any, messages: Sequence[Mapping[str, str]], *, prompt: bool = False) -> list[int]:
    """Encode as the engines do: the rendered text, without further special tokens."""
    text = tokenizer.apply_chat_template(list(messages), add_generation_prompt=prompt, tokenize=False)
    return list(tokenizer.encode(text, add_special_tokens=False))


def _first_difference(left: Sequence[int], right: Sequence[int]) -> int | None:
    """Return the first place in which two sequences differ, or one has ended."""
    if list(left) == list(right):
        return None
    both = zip(left, right, strict=False)
    return next((at for at, (a, b) in enumerate(both) if a != b), min(len(left), len(right)))


def _around(tokenizer: Any, ids: Sequence[int], at: int) -> str:
    """Show a token between its neighbours."""
    before, after = ids[max(0, at - _CONTEXT) : at], ids[at + 1 : at + 1 + _CONTEXT]
    here = f"[{ids[at]} {_shown(tokenizer, [ids[at]])}]" if at < len(ids) else "[the end]"
    return f"...{_shown(tokenizer, before)} {here} {_shown(tokenizer, after)}..."


def _shown(tokenizer: Any, ids: Sequence[int]) -> str:
    return repr(tokenizer.decode(list(ids)))
