"""The code that a policy is shown: chosen spans of files, within a limit."""

from collections.abc import Iterable, Mapping, Sequence

from repodojo.scaffolds.moatless.index import Place
from repodojo.scaffolds.moatless.spans import find_span, split_spans

CHARACTERS_PER_TOKEN = 4
"""Limits are stated in tokens, as Moatless does, and applied in characters: no tokenizer is at hand."""


class FileContext:
    """Spans by file, in the order in which they were chosen."""

    def __init__(self) -> None:
        self._chosen: dict[str, list[str]] = {}

    def __bool__(self) -> bool:
        return bool(self._chosen)

    @property
    def paths(self) -> list[str]:
        """Return the files that a span was chosen of."""
        return list(self._chosen)

    def span_ids(self, path: str) -> list[str]:
        """Return the spans chosen of a file."""
        return self._chosen.get(path, [])

    def add(self, place: Place) -> None:
        """Choose a span."""
        ids = self._chosen.setdefault(place.path, [])
        if place.span_id not in ids:
            ids.append(place.span_id)

    def size(self, files: Mapping[str, str]) -> int:
        """Return the tokens of what was chosen."""
        return tokens_of(self.render(files))

    def render(self, files: Mapping[str, str], with_ids: bool = True) -> str:
        """Show the chosen spans, and that something is between them."""
        shown = [
            _show(path, files[path], ids, with_ids) for path, ids in self._chosen.items() if path in files
        ]
        return "\n\n".join(shown)


def tokens_of(text: str) -> int:
    """Estimate how many tokens a text is."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def choose(
    places: Iterable[Place], files: Mapping[str, str], max_tokens: int, per_file: int | None = None
) -> FileContext:
    """Choose places by rank until the limit is reached."""
    context, used = FileContext(), 0
    for place in places:
        text = files.get(place.path, "")
        span = find_span(split_spans(text), place.span_id)
        full = per_file is not None and len(context.span_ids(place.path)) >= per_file
        if span is None or full:
            continue
        used += tokens_of("\n".join(text.split("\n")[span.start - 1 : span.end]))
        if used > max_tokens and context:
            break
        context.add(place)
    return context


def numbered(text: str, start: int, end: int) -> str:
    """Show lines with their numbers."""
    lines = text.split("\n")[start - 1 : end]
    return "\n".join(f"{number:6}\t{line}" for number, line in enumerate(lines, start))


def _show(path: str, text: str, ids: Sequence[str], with_ids: bool) -> str:
    lines = text.split("\n")
    parts: list[str] = [path, "```python"]
    left_out = False
    for span in split_spans(text):
        if span.span_id not in ids:
            if not left_out:
                parts.append("# ... rest of the code")
            left_out = True
            continue
        left_out = False
        parts += [f"<span id='{span.span_id}'>"] if with_ids else []
        parts.append("\n".join(lines[span.start - 1 : span.end]).rstrip("\n"))
        parts += ["</span>"] if with_ids else []
    return "\n".join([*parts, "```"])
