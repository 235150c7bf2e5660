"""Requirement lines from the tables of Poetry and Pipfile; pure functions."""

import re
from collections.abc import Mapping
from typing import Any


def poetry_lines(dependencies: Mapping[str, Any]) -> tuple[str, ...]:
    """Write Poetry's (and Pipfile's) table as requirement lines; what has no version has none."""
    lines = []
    for name, value in dependencies.items():
        parts = value if isinstance(value, dict) else {"version": value}
        if name.lower() == "python" or isinstance(value, list) or parts.get("git") or parts.get("path"):
            continue
        extras = f"[{','.join(parts['extras'])}]" if parts.get("extras") else ""
        marker = f"; {parts['markers']}" if parts.get("markers") else ""
        lines.append(f"{name}{extras}{poetry_version(str(parts.get('version', '')))}{marker}")
    return tuple(lines)


def poetry_version(text: str) -> str:
    """Write ``^1.2`` and ``~1.2`` as bounds."""
    bounds = []
    for part in text.replace("||", "|").split("|")[-1].split(","):
        clean = part.strip()
        caret = re.fullmatch(r"([~^])\s*(\d+(?:\.\d+)*)\S*", clean)
        if caret:
            bounds += [f">={caret[2]}", f"<{_next(caret[2], caret[1] == '^')}"]
        elif re.fullmatch(r"\d[\w.]*", clean):
            bounds.append(f"=={clean}")
        elif clean not in ("", "*"):
            bounds.append(clean.replace(" ", ""))
    return ",".join(bounds)


def _next(version: str, caret: bool) -> str:
    numbers = [int(part) for part in version.split(".")]
    if caret:
        place = next((at for at, number in enumerate(numbers) if number), len(numbers) - 1)
    else:
        place = min(1, len(numbers) - 1)
    return ".".join(map(str, [*numbers[:place], numbers[place] + 1]))
