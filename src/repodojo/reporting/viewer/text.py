"""Text of a trajectory made fit to be shown: short enough, without terminal sequences, and never markup."""

import json
import re
from typing import Any

LONGEST = 60_000
"""Characters of one message that a page holds; more is cut from the middle, and the page says how much."""
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    r"\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_IN_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def shown(text: str, longest: int = LONGEST) -> str:
    """Return text without terminal sequences, other invisible characters written out, cut in the middle."""
    if len(text) > longest:
        half = longest // 2
        text = (
            f"{text[:half]}\n[… {len(text) - 2 * half:,} characters are not on this page …]\n{text[-half:]}"
        )
    text = text.replace("\r\n", "\n")
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    return _INVISIBLE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def script_json(value: Any) -> str:
    """Return JSON that no parser of HTML can take for anything but the text of its ``<script>`` element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[<>&\u2028\u2029]", lambda found: _IN_SCRIPT[found[0]], text)
