"""How patches are graded."""

from pydantic import BaseModel, ConfigDict, Field

from repodojo.grading.rules import Rule


class GradingSettings(BaseModel):
    """Limits of one grading."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout_s: float = Field(120.0, gt=0)
    """For the whole test run of one patch."""
    rule: Rule = "strict"
    """What counts as resolved: ``strict``, ``swebench`` (5.0.2) or ``swegym`` (the paper's own)."""
