"""Asks a language model for a recipe where none that is found works; the answer is proven like any other.

What a model says is text from outside: it is read as YAML within a bound, checked as every recipe is, and
runs nowhere but in sandboxes. Each answer is kept on disk under its question, whatever it was worth, so that
nothing is asked twice; a failure of the endpoint is not kept.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from repodojo.environments.recipes.declarations import read_shown
from repodojo.environments.recipes.proposals import PROPOSED, Proposal, Question
from repodojo.environments.recipes.recipe import Recipe
from repodojo.environments.recipes.recipe_files import parse_recipe, recipe_text
from repodojo.errors import InputError, PolicyError
from repodojo.policies.policy import Policy, SamplingParameters
from repodojo.scaffolds.templates import Templates, load_templates
from repodojo.types import Message
from repodojo.unfinished import write_text

_PROMPTS = Path(__file__).parent / "prompts"
_EXAMPLE = {
    "repo": "a/b",
    "date": date(2020, 1, 1),
    "version": "1",
    "pythons": ["3.8"],
    "test_files": ["tests/test_a.py"],
    "attempts": [],
    "proposed": [],
    "files": [("setup.py", "")],
}
_FENCE = re.compile(r"```(?:ya?ml)?[ \t]*\n(.*?)```", re.DOTALL)
_VARYING = re.compile(r"0x[0-9a-f]{6,}|/tmp/\S+|\b\d+\.\d+ ?s\b|\bpid \d+")
"""What differs between two runs of the same: a question that holds it would be asked again."""
_MOST_ATTEMPTS, _LONGEST_REASON = 8, 600
_MOST_KEPT = 64 << 10
"""Characters of an answer; a longer one is no recipe."""
_MOST_TOKENS = 2000


@dataclass(frozen=True)
class ModelProposer:
    """A `Proposer` over a policy; safe for many threads at once."""

    policy: Policy
    folder: Path
    """Where answers are kept."""
    rounds: int = 2
    """How many recipes are asked for in turn, each with the reasons of those before."""

    @property
    def fingerprint(self) -> str:
        """Digest of the policy and of what it is asked."""
        return _digest([self.policy.fingerprint, _templates().digest, self.rounds])

    def propose(self, question: Question) -> Proposal:
        """Return the recipe that the model proposes, or why its answer is none."""
        try:
            answer = self._answer(_messages(question))
        except PolicyError as error:
            return Proposal(None, f"no_answer: {str(error)[:_LONGEST_REASON]}")
        try:
            return Proposal(_read(answer, question))
        except InputError as error:
            return Proposal(None, f"no_recipe: {str(error)[:_LONGEST_REASON]}")

    def _answer(self, messages: list[Message]) -> str:
        """Return the kept answer, or ask and keep it."""
        parameters = SamplingParameters(0.0, max_tokens=_MOST_TOKENS)
        asked = [self.policy.fingerprint, [asdict(message) for message in messages], asdict(parameters)]
        path = self.folder / f"{_digest(asked)}.json"
        if path.is_file():
            return str(json.loads(path.read_text(encoding="utf-8"))["answer"])
        completion = self.policy.complete(messages, parameters)
        kept = completion.text[: _MOST_KEPT + 1]
        write_text(path, json.dumps({"answer": kept, "question": messages[-1].content}, indent=1))
        return kept


@cache
def _templates() -> Templates:
    return load_templates(_PROMPTS, {"system": {}, "user": _EXAMPLE})


def _messages(question: Question) -> list[Message]:
    templates, wanted = _templates(), question.wanted
    user = templates.render(
        "user",
        repo=wanted.repo,
        date=wanted.date.date(),
        version=wanted.version,
        pythons=question.pythons,
        test_files=wanted.test_files,
        attempts=[
            {**asdict(attempt), "reason": _VARYING.sub("...", attempt.reason)[:_LONGEST_REASON]}
            for attempt in question.attempts[-_MOST_ATTEMPTS:]
        ],
        proposed=[recipe_text(recipe) for recipe in question.proposed],
        files=read_shown(question.tree),
    )
    return [Message("system", templates.render("system")), Message("user", user)]


def _read(answer: str, question: Question) -> Recipe:
    """Read an answer's recipe.

    Raises:
        InputError: naming what is wrong with it.
    """
    if len(answer) > _MOST_KEPT:
        raise InputError(f"the answer: expected at most {_MOST_KEPT} characters, found more")
    fenced = _FENCE.search(answer)
    filled = {"repo": question.wanted.repo, "versions": "", "found_by": PROPOSED}
    recipe = parse_recipe(fenced[1] if fenced else answer, "the answer", filled)
    names = (question.own, question.wanted.repo.rpartition("/")[2])
    own = {canonicalize_name(name) for name in names if name}
    for line in recipe.requirements:
        if canonicalize_name(Requirement(line).name) in own:
            raise InputError(f"the answer: field 'requirements': {line!r} is a release of the project itself")
    return recipe


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]
