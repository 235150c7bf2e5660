"""Chooses instances among the proven rows of clones: all but those that evaluation sets hold too."""

from collections.abc import Iterable
from dataclasses import replace

from repodojo.instances.decontamination import find_contamination, index_evaluation
from repodojo.instances.mining.records import MinedValidation
from repodojo.instances.settings import SelectionSettings
from repodojo.instances.sources.row import SourceRow


def decontaminate(
    validations: Iterable[MinedValidation], settings: SelectionSettings, evaluation_rows: Iterable[SourceRow]
) -> list[MinedValidation]:
    """Turn the proven that share a trait with ``evaluation_rows`` into rejected ones."""
    index = index_evaluation(evaluation_rows)
    judged = []
    for each in validations:
        shared = (
            find_contamination(each.instance, index, settings.decontaminate_by, settings.issue_similarity)
            if each.instance is not None
            else []
        )
        reason = f"contaminated: {', '.join(shared)}"
        judged.append(replace(each, instance=None, stage="selection", reason=reason) if shared else each)
    return judged
