"""What the SWE-Gym paper published, and where its own numbers disagree; none of it was measured here.

"Training Software Engineering Agents and Verifiers with SWE-Gym", arXiv 2412.21139, first version. The data
are in `published_tables` and `published_figures`.
"""

from collections.abc import Mapping
from typing import NamedTuple

SOURCE = "SWE-Gym, arXiv 2412.21139 v1"

Cell = str | float | None
"""None: the paper gives no value."""


class PublishedTable(NamedTuple):
    """One table of the paper."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    source: str = SOURCE


class PublishedFigure(NamedTuple):
    """One figure of the paper: named series of points."""

    title: str
    x: str
    y: str
    series: Mapping[str, tuple[tuple[Cell, float], ...]]
    note: str = ""
    source: str = SOURCE


class Conflict(NamedTuple):
    """Two places of the paper, or of what was released with it, that disagree."""

    about: str
    one: str
    other: str
    used: str
    """The one used here, or how both are."""


SCORED_BY = "17 runs on SWE-Bench Verified, released 32B verifier"
VERIFIER_SCORES = (("resolved", 1539, 0.766, 0.306, 0.915), ("unresolved", 6957, 0.348, 0.384, 0.113))
"""Outcome, attempts, mean, standard deviation and median of the scores."""

PUBLISHED_R = 0.398
"""Point-biserial correlation of the same scores with the outcomes."""

CONFLICTS = (
    Conflict(
        "instances of SWE-Gym Raw", "66,894 of 357 repositories (Table 1)", "64,689 of 358 (text)", "66,894"
    ),
    Conflict("validated instances", "2,479 (text)", "2,438 (released)", "2,438"),
    Conflict("instances of SWE-Gym Lite", "230 (paper and id list)", "234 (README)", "230"),
    Conflict(
        "scaffold version", "CodeActAgent 2.1 (paper)", "2.2 (code)", "both: teacher 2.1, evaluation 2.2"
    ),
    Conflict("on-policy successes", "868 (section 3.2)", "875 (section 4.1.1, notebook)", "875"),
    Conflict(
        "the verifier's base model", "Qwen2.5-Coder-32B-Instruct (paper)", "the base model (scripts)", "paper"
    ),
    Conflict("learning rate of the LoRA verifier", "1e-4 (paper)", "2e-4 (script's default)", "1e-4"),
    Conflict("context of the LoRA verifier", "32k (paper)", "10,240 (script's default)", "32k"),
    Conflict(
        "negatives of the mixture", "as many from each subset (paper)", "from the pool (notebook)", "paper"
    ),
    Conflict("the verifier's answer token", "YES (training)", "a space before YES (inference)", "YES"),
    Conflict("Best@8 of OpenHands", "29.8 (text)", "29.3 at k=8, 29.8 at k=9 (Figure 4)", "Figure 4"),
    Conflict("Best@8 of Moatless", "26.3 (text)", "26.0 (Figure 6, abstract)", "26.0"),
    Conflict("cap 2 of the 7B Moatless agent", "9.7 (Table 4)", "9.0 (Table 5), same empty patches", "both"),
    Conflict("stuck in loop", "3 equal actions (paper)", "four cases, non-empty patch (code)", "paper"),
    Conflict("the ± of Table 3", "not explained", "half-samples of non-empty rows (code)", "both estimators"),
    Conflict("in-context example at evaluation", "off (training data)", "on by default (code)", "off"),
    Conflict("Lingma SWE-GPT 72B on Verified", "30.2 (Table 6)", "28.8 (Table 9)", "both"),
    Conflict("a missing verifier score of Moatless", "0, above every logprob (notebook)", "last", "last"),
)
