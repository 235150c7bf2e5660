"""What a training left to say of itself beside its checkpoint: its rows and its steps."""

import json
from pathlib import Path
from typing import Any

from repodojo.training.launch import METRICS_NAME
from repodojo.training.trained_on import CARD


def describe_training(checkpoint: Path) -> dict[str, Any]:
    """Return what became of the rows (`RowCounts`; empty where no card says so), and the steps."""
    return {"rows": told_metrics(checkpoint).get("rows", {}), "steps": logged_steps(checkpoint)}


def told_metrics(checkpoint: Path) -> dict[str, Any]:
    """Return what the card says of the training as a whole; nothing without a card."""
    card = checkpoint / CARD
    found: dict[str, Any] = json.loads(card.read_text(encoding="utf-8")) if card.is_file() else {}
    return dict(found.get("metrics", {}))


def logged_steps(checkpoint: Path) -> list[dict[str, Any]]:
    """Return a row for each step, in order; of a step that was made again after a kill, the later one.

    A torn row is left out. A checkpoint without a log has no rows.
    """
    log, found = checkpoint / METRICS_NAME, {}
    for line in log.read_text(encoding="utf-8").splitlines() if log.is_file() else ():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        found[row["step"]] = row
    return [found[step] for step in sorted(found)]
