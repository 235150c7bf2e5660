"""Per-instance capping: easy instances must not crowd out the rest (the paper's section 3.3 and Table 4)."""

import pandas as pd

from repodojo.curation.attempts import numbered, prefer_short


def cap_per_instance(attempts: pd.DataFrame, per_instance: int | None) -> pd.DataFrame:
    """Keep at most ``per_instance`` of each instance, those with fewer model calls first; None keeps all."""
    ranked = prefer_short(attempts)
    return ranked if per_instance is None else ranked[numbered(ranked) < per_instance]
