"""Which instances a checkpoint has learned from, and the refusal to evaluate it on them."""

import json
from collections.abc import Iterable
from pathlib import Path

from repodojo.errors import InputError
from repodojo.types import Instance

CARD = "training.json"
SHOWN = 3


def trained_on(checkpoint: Path) -> frozenset[str] | None:
    """Return the instance ids in the lineage of a checkpoint's training data; None where no card says so."""
    card = checkpoint / CARD
    try:
        found = json.loads(card.read_text(encoding="utf-8")).get("instances")
    except (FileNotFoundError, ValueError, AttributeError):
        return None
    return frozenset(map(str, found)) if isinstance(found, list) else None


def refuse_trained_on(instances: Iterable[Instance], checkpoint: Path) -> None:
    """Refuse instances that the checkpoint has learned from.

    Raises:
        InputError: naming how many and which, and what to do.
    """
    known = trained_on(checkpoint) or frozenset()
    listed = [instance.instance_id for instance in instances]
    seen = sorted(known & set(listed))
    if seen:
        shown = ", ".join(seen[:SHOWN]) + (", ..." if len(seen) > SHOWN else "")
        raise InputError(
            f"{checkpoint}: expected instances that its training data does not hold, found {len(seen)} of "
            f"{len(listed)} in it ({shown}; see 'instances' in {CARD}); leave them out of the instance set, "
            "or evaluate another checkpoint"
        )
