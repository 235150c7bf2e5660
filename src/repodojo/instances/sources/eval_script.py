"""The scripts and images of an exported task, where its source brought none: pytest, as SWE-bench runs it."""

import shlex
from pathlib import PurePosixPath

from repodojo.grading.patches import parse_patch
from repodojo.instances.sources.row import SourceRow, applicable_patch

START = ">>>>> Start Test Output"
END = ">>>>> End Test Output"
_NO_TESTS = frozenset(
    {".json", ".png", ".csv", ".txt", ".md", ".jpg", ".jpeg", ".pkl", ".yml", ".yaml", ".toml"}
)
"""Suffixes that are never handed to the test command (SWE-bench's list)."""


def test_directives(test_patch: str) -> list[str]:
    """Return the files that the test patch leaves behind and a test command can take."""
    files = parse_patch(applicable_patch(test_patch))
    kept = [file.new_path for file in files if "\n+++ /dev/null" not in file.text]
    return [path for path in kept if PurePosixPath(path).suffix not in _NO_TESTS]


test_directives.__test__ = False  # type: ignore[attr-defined]


def eval_script(row: SourceRow, command: str = "") -> str:
    """Return the source's own script, else one that puts tests in place, runs them and takes them away.

    Args:
        row: whose tests.
        command: runs them; else pytest does, with the files that the test patch leaves behind.
    """
    own = row.extra.get("eval_script")
    if isinstance(own, str) and own:
        return own
    patch = applicable_patch(row.test_patch)
    files = parse_patch(patch)
    known = [file.old_path for file in files if not file.created]
    reset = f"git checkout {row.base_commit} {_join(known)}" if known else ":"
    delimiter = "EOF_TEST_PATCH"
    while delimiter in patch:
        delimiter += "_"
    lines = ["#!/bin/bash", "set -uxo pipefail", "cd /testbed", reset]
    if patch:
        lines.append(f"git apply -v - <<'{delimiter}'\n{patch}{delimiter}")
    usual = f"python -m pytest -rA -p no:cacheprovider {_join(test_directives(row.test_patch))}".rstrip()
    return "\n".join([*lines, f": '{START}'", command or usual, f": '{END}'", reset]) + "\n"


def dockerfile(row: SourceRow) -> str:
    """Return the source's own Dockerfile, else one from its image, else one that clones the repository."""
    own, image = row.extra.get("dockerfile"), row.extra.get("image")
    if isinstance(own, str) and own:
        return own
    if isinstance(image, str) and image:
        return f"FROM {image}\nWORKDIR /testbed\n"
    return (
        "FROM python:3.11\n"
        f"RUN git clone https://github.com/{row.repo}.git /testbed\n"
        "WORKDIR /testbed\n"
        f"RUN git reset --hard {row.base_commit} && git remote remove origin\n"
        "RUN python -m pip install pytest && python -m pip install --editable .\n"
    )


def _join(paths: list[str]) -> str:
    return " ".join(shlex.quote(path) for path in dict.fromkeys(paths))
