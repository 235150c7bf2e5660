"""What decides which rows of clones are tried, and how they are proven."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from repodojo.types import Seed


class MiningSettings(BaseModel):
    """The part ``mining`` of the key ``env_build``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Literal["history", "pulls", "rows"] = "history"
    """Commits that change code and tests together, merged pull requests (``refs/pull/N/head``), or the rows
    of sets, beside the clones or named by their catalog entry; lists that a row has must then hold."""
    per_repository: int = Field(20, ge=1)
    """The most rows tried of one clone, the newest first."""
    repeats: int = Field(3, ge=2)
    """Runs with and without the gold patch, each in a fresh sandbox, the last one with it by the grader; a
    test that varies is left out."""
    order_seed: Seed = 0
    """Shuffles one run with the gold patch; a test that fails in another order is left out. So is one that
    fails, in that run, for want of a program that not every machine has."""
    held_out: tuple[str, ...] = ()
    """Repositories, as ``owner/repo``, whose instances are never trained on."""
