"""Compiles gettext's catalogs of messages, which repositories hold as text alone; pure functions.

Tests of translations are skipped, or fail, where the ``.mo`` beside a ``.po`` is missing; projects make it
with ``msgfmt`` before a release or in their CI. A catalog that a change edits is not compiled again.
"""

import ast
import re
import struct
from collections.abc import Iterator
from functools import lru_cache

from repodojo.environments.git_objects import Tree

_CATALOG = re.compile(r"(.*/LC_MESSAGES/[^/]+)\.po")
_CHARSET = re.compile(rb"charset=([\w-]+)")
_LINE = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)?\s*("(?:[^"\\]|\\.)*")')
_MAGIC, _HEADER = 0x950412DE, "<7I"
_CONTEXT, _BETWEEN = "\x04", "\0"


def compiled_catalogs(tree: Tree) -> dict[str, bytes]:
    """Return the compiled catalogs that a tree lacks, by path; what is no catalog is passed over."""
    found = {}
    for path, blob in tree.items():
        named = _CATALOG.fullmatch(path)
        if named and f"{named[1]}.mo" not in tree:
            try:
                found[f"{named[1]}.mo"] = compile_catalog(blob.content)
            except (ValueError, SyntaxError, LookupError):
                continue
    return found


@lru_cache(maxsize=256)
def compile_catalog(content: bytes) -> bytes:
    """Return a catalog in the form that ``gettext`` reads (GNU gettext manual, "The Format of GNU MO Files").

    Raises:
        ValueError, SyntaxError, LookupError: it is no catalog, or in no encoding that Python knows.
    """
    declared = _CHARSET.search(content)
    charset = declared[1].decode() if declared else "utf-8"
    messages = {}
    for entry in _entries(content.decode("utf-8" if charset == "CHARSET" else charset)):
        texts = [entry[key] for key in sorted(entry, key=_form) if key.startswith("msgstr")]
        if any(texts) and ("fuzzy" not in entry or not entry.get("msgid")):
            messages[_key(entry).encode(charset)] = _BETWEEN.join(texts).encode(charset)
    return _pack(sorted(messages.items()))


def _entries(text: str) -> Iterator[dict[str, str]]:
    """Yield the texts of each message by their keyword, and ``fuzzy`` where a translator has to look."""
    entry: dict[str, str] = {}
    key = ""
    for line in [*text.split("\n"), ""]:
        found = _LINE.fullmatch(line.strip())
        begins = found is None or found[1] in ("msgctxt", "msgid")
        if begins and any(name.startswith("msgstr") for name in entry):
            yield entry
            entry = {}
        if found:
            key = found[1] or key
            entry[key] = entry.get(key, "") + ast.literal_eval(found[2])
        elif line.startswith("#,") and "fuzzy" in line:
            entry["fuzzy"] = ""
        elif line.strip() and not line.startswith("#"):
            raise ValueError(f"no line of a catalog: {line[:80]!r}")


def _form(key: str) -> int:
    """Return the number of a plural form."""
    return int(key[7:-1]) if "[" in key else 0


def _key(entry: dict[str, str]) -> str:
    context = f"{entry['msgctxt']}{_CONTEXT}" if "msgctxt" in entry else ""
    plural = f"{_BETWEEN}{entry['msgid_plural']}" if "msgid_plural" in entry else ""
    return f"{context}{entry.get('msgid', '')}{plural}"


def _pack(messages: list[tuple[bytes, bytes]]) -> bytes:
    """Write a table of the originals, one of the translations, and the texts, each with a NUL behind it."""
    count, head = len(messages), struct.calcsize(_HEADER)
    texts = b""
    tables = []
    for side in zip(*messages, strict=True):
        for text in side:
            tables += [len(text), head + 16 * count + len(texts)]
            texts += text + b"\0"
    header = struct.pack(_HEADER, _MAGIC, 0, count, head, head + 8 * count, 0, 0)
    return header + struct.pack(f"<{len(tables)}I", *tables) + texts
