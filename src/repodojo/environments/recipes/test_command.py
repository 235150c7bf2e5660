"""How a repository's tests are run, as data: a runner, words that it is given, environment variables.

The grader keeps for itself what decides how a run is reported, in which order and from where: such options
and variables are refused here, with their name. What else is wrong with a test command shows when the recipe
is proven: a run whose canaries or report do not fit is not believed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from repodojo.grading.runners import RUNNERS, Runner

_NAME = re.compile(r"[A-Za-z_]\w{0,99}", re.ASCII)
_OPTION = re.compile(r"(--[A-Za-z][\w-]*)(=.*)?", re.ASCII)
_OWN_SETTINGS = ("addopts", "console_output_style", "required_plugins", "strict_config")
_OWN_VARIABLES = frozenset({
    "PATH", "HOME", "TZ", "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "BASH_ENV", "ENV", "IFS",
    "PYTHONPATH", "PYTHONHOME", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "PYTHONSTARTUP",
    "PYTHONOPTIMIZE", "PYTHONPYCACHEPREFIX", "PYTHONINSPECT", "PYTHONSAFEPATH", "PYTEST_ADDOPTS",
    "PYTEST_PLUGINS",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "GIT_DIR", "GIT_WORK_TREE", "GIT_CONFIG_GLOBAL",
})  # fmt: skip
MOST_WORDS, _LONGEST = 50, 1000
Word = Annotated[str, Field(min_length=1, max_length=_LONGEST, pattern=r"^[^\x00-\x1f\x7f]+$")]


class TestCommand(BaseModel):
    """How tests are run; the tests themselves, and what the grader needs, come beside."""

    __test__ = False
    model_config = ConfigDict(extra="forbid", frozen=True)

    runner: Runner = "pytest"
    options: tuple[Word, ...] = Field((), max_length=MOST_WORDS)
    """Words for the runner, each as a shell would hand it on: ``--run-slow``, ``-m``, ``not network``."""
    variables: Mapping[str, Annotated[str, Field(max_length=_LONGEST)]] = Field({}, max_length=MOST_WORDS)
    """Environment variables of every command in the sandbox, the agent's too."""

    @field_validator("variables")
    @classmethod
    def _may_be_set(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for name, text in value.items():
            if name in _OWN_VARIABLES:
                raise ValueError(f"{name} is set by the sandbox; leave it out")
            if not may_be_set(name, text):
                raise ValueError(f"expected a variable's name and a printable value, found {name[:80]!r}")
        return value

    @model_validator(mode="after")
    def _options_fit(self) -> "TestCommand":
        if wrong := refused_option(self.options, self.runner):
            raise ValueError(wrong)
        return self


def may_be_set(name: str, value: str) -> bool:
    """Whether a recipe may set a variable to a value."""
    is_fit = _NAME.fullmatch(name) is not None and value.isprintable() and len(value) <= _LONGEST
    return is_fit and name not in _OWN_VARIABLES


def refused_option(words: Sequence[str], runner: Runner) -> str:
    """Say which word cannot be given to a runner, and why; empty where all can."""
    known = RUNNERS[runner]
    takes_value = False
    before = ""
    for word in words:
        if takes_value:
            takes_value = False
            if before == "-o" and word.partition("=")[0].strip() in _OWN_SETTINGS:
                return f"option {before} {word[:80]}: the grader sets it"
            continue
        before = word
        option = _OPTION.fullmatch(word)
        if word in known.with_value:
            takes_value = True
        elif option is None:
            return (
                f"option {word[:80]!r}: expected --name, --name=value or one of "
                f"{', '.join(known.with_value) or 'no other'}"
            )
        elif option[1] in known.kept_back:
            return f"option {option[1]}: the grader decides it; leave it out"
    return f"option {before}: expected a value after it" if takes_value else ""
