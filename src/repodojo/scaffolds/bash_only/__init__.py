"""The scaffold of one ``bash`` block per answer."""

from repodojo.scaffolds.bash_only.scaffold import ISSUE_FILE, TOOLS_FILE, BashOnly, create_scaffold, shorten

__all__ = ["ISSUE_FILE", "TOOLS_FILE", "BashOnly", "create_scaffold", "shorten"]
