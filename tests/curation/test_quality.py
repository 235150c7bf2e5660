"""Flags of a trajectory's process, each with what was seen."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from repodojo.curation.quality import quality_flags
from repodojo.types import Trajectory, Turn

Build = Callable[..., Trajectory]
READ, EDIT, TEST = "grep -n width text.py", "sed -i '3s/-/+/' text.py", "python -m pytest -q tests"
SUBMIT = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"


def acting(trajectory: Trajectory, *commands: str | tuple[str, int]) -> Trajectory:
    pairs = [each if isinstance(each, tuple) else (each, 0) for each in commands]
    turns = tuple(Turn(command, code, 1, 1, "stop", 0.0, 0.0) for command, code in pairs)
    return replace(trajectory, turns=turns)


@pytest.mark.parametrize(
    "commands",
    [
        (READ, EDIT, TEST, SUBMIT),
        (READ, f"{EDIT}; python /tmp/repro.py 2>&1 | tail -1", SUBMIT),
        (READ, (TEST, 1), EDIT, TEST, SUBMIT),
        (
            READ,
            "cat > /tmp/repro.py <<'END'\nprint(1)\nEND\npython /tmp/repro.py",
            EDIT,
            "python3 /tmp/repro.py",
        ),
        (READ, EDIT, "python - <<'END'\nimport text\nEND", SUBMIT),
    ],
)
def test_a_sound_process_has_no_flag(trajectory: Build, commands: tuple[str, ...]) -> None:
    assert quality_flags(acting(trajectory("a"), *commands)) == {}


@pytest.mark.parametrize(
    ("commands", "flag", "seen"),
    [
        ((READ, READ, READ, EDIT, TEST), "loop", f"turns 1 to 3 are the same: `{READ}`"),
        ((READ, TEST, EDIT, SUBMIT), "no_verification", f"after the last edit, turn 3: `{EDIT}`"),
        ((READ, EDIT, (TEST, 1), SUBMIT), "errors_ignored", f"turn 3, exited with 1: `{TEST}`"),
        ((EDIT, TEST, SUBMIT), "lucky_pass", f"before anything was read, turn 1: `{EDIT}`"),
    ],
)
def test_a_flag_says_what_was_seen(
    trajectory: Build, commands: tuple[str | tuple[str, int], ...], flag: str, seen: str
) -> None:
    found = quality_flags(acting(trajectory("a"), *commands))
    assert list(found) == [flag]
    assert found[flag].endswith(seen)


def test_an_edit_of_tests_and_a_patch_never_handed_in(trajectory: Build) -> None:
    old, new = "a/tests/test_text.py", "b/tests/test_text.py"
    patch = f"diff --git {old} {new}\n--- {old}\n+++ {new}\n@@ -1 +1 @@\n-a\n+b\n"
    sound = acting(trajectory("a"), READ, EDIT, TEST)
    found = quality_flags(replace(sound, model_patch=patch, exit_status="LimitsExceeded"))
    assert found == {
        "test_edit": "the patch touches tests/test_text.py",
        "lucky_pass": "the patch was never handed in: LimitsExceeded",
    }
