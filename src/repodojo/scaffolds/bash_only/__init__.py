"""The scaffold of one ``bash`` block per answer."""

from repodojo.scaffolds.bash_only.scaffold import ISSUE_FILE, BashOnly, shorten

__all__ = ["ISSUE_FILE", "BashOnly", "shorten"]
