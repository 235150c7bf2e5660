"""Findings of ruff's default rules in a Python source: runs ruff as a program on text, never on a folder."""

import json
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec

from repodojo.errors import SandboxError

TIMEOUT_S = 60.0
_COMMAND = (sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--output-format=json")


def linter_is_installed() -> bool:
    """Whether ruff can be run; it is one of the extra ``dev``."""
    return find_spec("ruff") is not None


def count_findings(source: str, path: str) -> Counter[str]:
    """Count findings by rule; what cannot be parsed has its syntax errors counted.

    Raises:
        SandboxError: ruff itself failed, or took too long.
    """
    try:
        done = subprocess.run(
            [*_COMMAND, "--stdin-filename", path, "-"],
            input=source.encode(errors="replace"),
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SandboxError(f"ruff on {path}: took longer than {TIMEOUT_S:g} s") from error
    if done.returncode not in (0, 1):
        raise SandboxError(f"ruff on {path}: {done.stderr.decode(errors='replace')[-300:]}")
    return Counter(row["code"] or "syntax" for row in json.loads(done.stdout))


def new_findings(before: str, after: str, path: str) -> int:
    """Count the findings that a change of one file adds; those it takes away do not count against them."""
    return (count_findings(after, path) - count_findings(before, path)).total()
