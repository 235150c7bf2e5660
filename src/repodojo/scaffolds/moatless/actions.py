"""What a policy answers with in each state: one JSON object, checked; only an edit is free text."""

import json
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from repodojo.errors import InputError, first_problem
from repodojo.json_values import json_value


class RetryError(Exception):
    """An answer cannot be acted upon; the text says why, for the policy to read."""


class _Action(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class SearchRequest(_Action):
    """One search."""

    file_pattern: str | None = Field(None, description="Glob pattern of the files to look in.")
    query: str | None = Field(None, description="What the code is about, in words.")
    code_snippet: str | None = Field(None, description="Code that must occur exactly so.")
    class_names: list[str] = Field(default=[], description="Names of classes.")
    function_names: list[str] = Field(default=[], description="Names of functions or methods.")


class Search(_Action):
    """Look for code, or say that all of it is found."""

    scratch_pad: str = Field("", description="What you think about where to look.")
    search_requests: list[SearchRequest] = Field(default=[], description="The searches to make.")
    complete: bool = Field(default=False, description="Whether the search is over.")


class FileSpans(_Action):
    """Spans of one file."""

    file_path: str
    span_ids: list[str]


class Identify(_Action):
    """Say which of the results matter."""

    scratch_pad: str = Field("", description="What you think about the results.")
    identified_spans: list[FileSpans] = Field(default=[], description="The spans that matter.")


class Decision(_Action):
    """Say whether the code at hand is enough."""

    scratch_pad: str = Field("", description="What you think about the code.")
    relevant: bool = Field(default=False, description="Whether code that matters is at hand.")
    complete: bool = Field(default=False, description="Whether all of it is at hand.")
    search_suggestions: str | None = Field(None, description="Where else to look.")


class ApplyChange(_Action):
    """Ask for one change, or end the work."""

    scratch_pad: str = Field("", description="What you think about the change.")
    action: Literal["modify", "review", "finish", "reject"] = Field(description="What to do.")
    instructions: str | None = Field(None, description="What to change.")
    file_path: str | None = Field(None, description="The file to change.")
    span_id: str | None = Field(None, description="The span to change.")
    reject: str | None = Field(None, description="Why the task cannot be done.")
    finish: str | None = Field(None, description="Why the task is done.")


class LineNumbers(_Action):
    """Say which lines of a long span to change."""

    scratch_pad: str = Field("", description="What you think about which lines to change.")
    start_line: int = Field(default=0, description="The first line to change.")
    end_line: int = Field(default=0, description="The last line to change.")
    reject: bool = Field(default=False, description="Whether the change should not be made.")


Action = TypeVar("Action", bound=BaseModel)


def read_action(kind: type[Action], answer: str) -> Action:
    """Read the JSON object of an answer, wherever it stands in it.

    Raises:
        RetryError: there is none, or it is not of that kind.
    """
    start = answer.find("{")
    try:
        found: Any = json.JSONDecoder(strict=False).raw_decode(answer, start)[0] if start >= 0 else None
        return kind.model_validate(json_value(found, "the answer"))
    except ValidationError as error:
        field, expected, _ = first_problem(error)
        raise RetryError(
            f"{field or 'the answer'}: {expected}. Answer with one JSON object as described."
        ) from error
    except (InputError, ValueError, RecursionError) as error:
        raise RetryError(f"The answer holds no valid JSON object: {error}. Answer with one.") from error


def read_replacement(answer: str) -> str:
    """Return the code between the replace tags; the closing one may have been cut off.

    Raises:
        RetryError: there is none.
    """
    _, opening, rest = answer.partition("<replace>")
    if not opening:
        raise RetryError("You gave no code in a <replace> tag. To refuse, give a reason in a <reject> tag.")
    code = rest.partition("</replace>")[0]
    return code.removeprefix("\n").removesuffix("\n")


def read_refusal(answer: str) -> str | None:
    """Return the reason in a reject tag, if there is one."""
    _, opening, rest = answer.partition("<reject>")
    return rest.partition("</reject>")[0].strip() if opening else None
