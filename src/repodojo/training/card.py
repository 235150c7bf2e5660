"""The model card of a trained checkpoint: what it was made from, and how. Pure."""

import json
from collections.abc import Mapping
from typing import Any


def render_card(training: Mapping[str, Any]) -> str:
    """Return the card (Markdown with the hub's YAML header) of what ``training.json`` holds."""
    fingerprint = training["fingerprint"]
    metrics = {name: value for name, value in training["metrics"].items() if name != "rows"}
    return "\n".join(
        [
            "---",
            "library_name: transformers",
            "pipeline_tag: text-generation",
            "tags: [repodojo, trl, sft]",
            "---",
            "",
            f"# {training['name']}",
            "",
            "Fine-tuned by RepoDojo with loss on the assistant's messages.",
            "",
            *_table("Made from", training["origin"] | {"data digest": fingerprint["rows"]}),
            *_table("Parameters", fingerprint["settings"]),
            *_table("Rows", training["metrics"].get("rows", {})),
            *_table("Outcome", metrics),
            *_table("Kernels", training["kernels"]),
            *_table("Versions", training["versions"]),
        ]
    )


def _table(title: str, values: Mapping[str, Any]) -> list[str]:
    lines = [f"| {name} | {_cell(value)} |" for name, value in values.items()]
    return [f"## {title}", "", "| | |", "|---|---|", *lines, ""] if lines else []


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.replace("|", "\\|").replace("\n", " ") or "unknown"
