"""Every failure that can be known says in one line what to do."""

import errno
import json
from pathlib import Path

import pytest

from repodojo.errors import NothingToLearnError, TrainingError
from repodojo.training.card import render_card
from repodojo.training.failures import explain, explain_end
from repodojo.training.launch import run_child

PLENTY = 1 << 40


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FloatingPointError("the loss is nan at step 3"), "the loss is nan at step 3; lower learning_rate"),
        (MemoryError(), "out of memory .*; lower rows_per_device"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "out of memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "out of memory .*max_tokens"),
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full .*; make room"),
        (
            RuntimeError("[enforce fail at inline_container.cc] PytorchStreamWriter failed writing"),
            "disk is full",
        ),
    ],
)
def test_a_known_failure_is_explained(error: Exception, told: str) -> None:
    import re

    assert re.search(told, explain(error) or "")


def test_an_unknown_failure_is_not_explained_away() -> None:
    assert explain(KeyError("x")) is None
    assert explain_end(1, "Traceback ...", PLENTY) is None
    assert "memory" in (explain_end(-9, "", PLENTY) or "")
    assert "memory" in (explain_end(1, "died with <Signals.SIGKILL: 9>.", PLENTY) or "")
    assert "make room" in (explain_end(1, "OSError: [Errno 28] No space left on device", PLENTY) or "")


def test_a_disk_too_full_to_say_so_used_to_leave_an_empty_error() -> None:
    assert "the disk is full (4,096 bytes are left); make room" in (explain_end(1, "", 4096) or "")


def test_what_a_child_says_is_the_error_and_an_old_word_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (scratch / "failure.txt").write_text("of another time")
    module = tmp_path / "failing_training.py"
    module.write_text(
        "import pathlib, sys\nfolder = pathlib.Path(sys.argv[1]).parent\n"
        "assert not (folder / 'failure.txt').exists()\n"
        "(folder / 'failure.txt').write_text('the disk is full; make room')\nsys.exit(3)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(
        TrainingError, match=r"^training 'policy' failed: the disk is full; make room; log: .*\.log$"
    ):
        run_child("policy", "failing_training", {"threads": 1}, scratch)


def test_a_child_without_a_row_to_learn_from_is_told_apart_from_one_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty_training.py").write_text(
        "import pathlib, sys\nfolder = pathlib.Path(sys.argv[1]).parent\n"
        "(folder / 'untrained.txt').write_text('nothing is left to learn from 2 rows')\nsys.exit(1)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(NothingToLearnError, match=r"^nothing is left to learn from 2 rows$"):
        run_child("policy", "empty_training", {"threads": 1}, tmp_path / "scratch")


def test_a_card_says_what_a_checkpoint_was_made_from() -> None:
    card = render_card(
        {
            "name": "policy",
            "fingerprint": {
                "rows": "d1ge5t",
                "model": "m0de1",
                "settings": {"learning_rate": 1e-4, "lora": None},
            },
            "origin": {"base model": "models/base", "git commit": "c0ffee"},
            "metrics": {"train_loss": 0.5, "rows": {"rows": 7, "cut": 1}},
            "kernels": {"attention": "flash_attention_2", "liger": False},
            "versions": {"torch": "2.13.0"},
        }
    )
    for line in (
        "| data digest | d1ge5t |", "| git commit | c0ffee |", "| base model | models/base |",
        "| learning_rate | 0.0001 |", "| lora | null |", "| cut | 1 |", "| train_loss | 0.5 |",
        "| attention | flash_attention_2 |",
    ):  # fmt: skip
        assert line in card.splitlines(), line
    assert json.dumps({}) not in card
