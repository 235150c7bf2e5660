import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from repodojo.errors import TrainingError
from repodojo.policies.adapters import adapter_chain
from repodojo.training.checkpoint_digest import digest_checkpoint
from repodojo.training.launch import run_child
from repodojo.training.plan import TrainingPlan, UntrainedPlan, digest_rows, why_untrained
from repodojo.training.settings import LoraSettings, TrainingSettings

SETTINGS = TrainingSettings(
    learning_rate=5e-3,
    epochs=6,
    rows_per_step=4,
    rows_per_device=4,
    max_tokens=512,
    packing=False,
    bf16=False,
    save_steps=4,
)


def pre_tokenizer(folder: Path) -> object:
    return json.loads((folder / "tokenizer.json").read_text())["pre_tokenizer"]


def _losses(folder: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_training_without_rows_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"found 0 rows.*no attempt was kept"):
        TrainingPlan("policy", tmp_path, (), SETTINGS).run(tmp_path / "scratch")
    assert not (tmp_path / "scratch").exists()


def test_a_training_whose_rows_are_all_too_long_leaves_the_checkpoint_that_is_named_for_it(
    tmp_path: Path, tiny_checkpoint: Path, rows: tuple[dict[str, object], ...]
) -> None:
    settings = SETTINGS.model_copy(update={"max_tokens": 8, "overlong": "drop"})
    plan = TrainingPlan("policy", tiny_checkpoint, rows, settings, otherwise=tiny_checkpoint)
    assert plan.fingerprint == replace(plan, otherwise=None).fingerprint
    instead = plan.run(tmp_path / "scratch", threads=1)
    assert isinstance(instead, UntrainedPlan)
    finished = instead.run(tmp_path / "instead")
    told = "nothing is left to learn from 8 rows: 8 dropped as longer than max_tokens (8)"
    assert why_untrained(finished).startswith(told)
    assert why_untrained(tiny_checkpoint) == ""
    assert digest_checkpoint(finished) == digest_checkpoint(tiny_checkpoint)
    with pytest.raises(TrainingError, match=r"^training 'policy' failed: nothing is left to learn"):
        replace(plan, otherwise=None).run(tmp_path / "scratch", threads=1)


def test_a_failed_child_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"exit status 1; log: .*training\.log\n(.*\n)*.*No module named"):
        run_child("policy", "repodojo.no_such_module", {"threads": 1}, tmp_path)


def test_the_rows_digest_depends_on_order_and_content(rows: tuple[dict[str, object], ...]) -> None:
    other = ({"messages": []}, *rows[1:])
    assert digest_rows(rows) == digest_rows(list(rows))
    assert digest_rows(other) != digest_rows(rows)
    assert digest_rows(other[::-1]) != digest_rows(other)


def test_a_training_learns_and_leaves_a_checkpoint_that_loads(
    tmp_path: Path, tiny_checkpoint: Path, rows: tuple[dict[str, object], ...]
) -> None:
    from transformers import AutoModelForCausalLM

    plan = TrainingPlan("policy", tiny_checkpoint, rows, SETTINGS)
    finished = plan.run(tmp_path, threads=1)
    losses = _losses(tmp_path)
    assert len(losses) == 12
    assert losses[-1] < 0.8 * losses[0]
    assert json.loads((finished / "training.json").read_text())["fingerprint"] == plan.fingerprint
    assert AutoModelForCausalLM.from_pretrained(finished).generation_config.eos_token_id
    assert digest_checkpoint(finished) != digest_checkpoint(tiny_checkpoint)
    assert "| git commit |" in (finished / "README.md").read_text()
    assert json.loads((finished / "training.json").read_text())["metrics"]["rows"]["compared_turns"] == 16
    assert not list(finished.glob("optimizer*"))
    assert pre_tokenizer(finished) == pre_tokenizer(tiny_checkpoint), (
        "trained on other tokens than the base's"
    )


def test_a_loss_that_is_no_number_stops_the_training_and_keeps_the_last_good_checkpoint(
    tmp_path: Path, tiny_checkpoint: Path, rows: tuple[dict[str, object], ...]
) -> None:
    plan = TrainingPlan("policy", tiny_checkpoint, rows, SETTINGS.model_copy(update={"learning_rate": 1e30}))
    with pytest.raises(
        TrainingError, match=r"training 'policy' failed: the \w+ is (nan|inf) at step \d+; lower"
    ):
        plan.run(tmp_path, threads=1)
    assert all(is_finite(weights) for weights in tmp_path.glob("run/checkpoint-*/model.safetensors"))
    assert not (tmp_path / "model").exists()


def is_finite(weights: Path) -> bool:
    import torch
    from safetensors.torch import load_file

    return all(bool(torch.isfinite(tensor).all()) for tensor in load_file(weights).values())


def test_a_lora_training_saves_merged_weights(
    tmp_path: Path, tiny_checkpoint: Path, rows: tuple[dict[str, object], ...]
) -> None:
    settings = SETTINGS.model_copy(update={"lora": LoraSettings(rank=4, alpha=8), "epochs": 1})
    finished = TrainingPlan("verifier", tiny_checkpoint, rows, settings).run(tmp_path, threads=1)
    assert (finished / "model.safetensors").is_file()
    assert not (finished / "adapter_config.json").exists()


def test_an_adapter_can_be_kept_alone_and_trained_further(
    tmp_path: Path, tiny_checkpoint: Path, rows: tuple[dict[str, object], ...]
) -> None:
    lora = LoraSettings(rank=4, alpha=8, merged=False)
    settings = SETTINGS.model_copy(update={"lora": lora, "epochs": 1})
    first = TrainingPlan("policy", tiny_checkpoint, rows, settings).run(tmp_path / "first", threads=1)
    assert adapter_chain(first) == [tiny_checkpoint, first]
    assert not (first / "model.safetensors").exists()
    assert (first / "adapter_model.safetensors").stat().st_size < 200_000
    whole = settings.model_copy(update={"lora": None})
    second = TrainingPlan("policy", first, rows, whole).run(tmp_path / "second", threads=1)
    assert adapter_chain(second) == [second]
    assert _losses(tmp_path / "second")[0] < _losses(tmp_path / "first")[0]


def test_a_killed_training_goes_on_from_its_last_checkpoint_with_the_same_losses(
    tmp_path: Path, tiny_checkpoint: Path, rows: tuple[dict[str, object], ...]
) -> None:
    plan = TrainingPlan("policy", tiny_checkpoint, rows, SETTINGS)
    plan.run(tmp_path / "whole", threads=1)
    scratch = tmp_path / "killed"
    parent = start_training(tmp_path, tiny_checkpoint, scratch, rows)
    while not any(scratch.glob("run/checkpoint-*/trainer_state.json")):
        assert parent.poll() is None
        time.sleep(0.01)
    os.killpg(parent.pid, signal.SIGKILL)
    parent.wait()
    for checkpoint in scratch.glob("run/checkpoint-*"):
        shutil.copytree(checkpoint, checkpoint.with_name("checkpoint-11"))
        (checkpoint.with_name("checkpoint-11") / "trainer_state.json").unlink()
    plan.run(scratch, threads=1)
    resumed = {row["step"]: row["loss"] for row in map(json.loads, _lines(scratch))}
    whole = {row["step"]: row["loss"] for row in map(json.loads, _lines(tmp_path / "whole"))}
    assert resumed.keys() == whole.keys()
    assert [resumed[step] for step in sorted(whole)] == pytest.approx(
        [whole[step] for step in sorted(whole)], rel=1e-3
    )


@pytest.mark.slow
def test_two_processes_give_the_losses_of_one(
    tmp_path: Path, tiny_checkpoint: Path, rows: tuple[dict[str, object], ...]
) -> None:
    settings = SETTINGS.model_copy(update={"rows_per_device": 2})
    losses = []
    for processes in (1, 2):
        scratch = tmp_path / str(processes)
        TrainingPlan("policy", tiny_checkpoint, rows, settings).run(scratch, processes=processes, threads=1)
        losses.append(_losses(scratch))
    assert len(losses[0]) == 12
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


def start_training(
    tmp_path: Path, model: Path, scratch: Path, rows: tuple[dict[str, object], ...]
) -> subprocess.Popen[bytes]:
    """Start a training in a process of its own, which can be killed."""
    script, arguments = tmp_path / "train.py", tmp_path / "arguments.json"
    script.write_text(
        "import json, sys\nfrom pathlib import Path\n"
        "from repodojo.training.plan import TrainingPlan\n"
        "from repodojo.training.settings import TrainingSettings\n"
        "model, scratch, rows, settings = json.loads(Path(sys.argv[1]).read_text())\n"
        "TrainingPlan('policy', Path(model), tuple(rows), TrainingSettings(**settings))"
        ".run(Path(scratch), threads=1)\n"
    )
    arguments.write_text(json.dumps([str(model), str(scratch), rows, SETTINGS.model_dump(mode="json")]))
    return subprocess.Popen([sys.executable, str(script), str(arguments)], start_new_session=True)


def processes_of(scratch: Path) -> list[str]:
    """Return the ids of the processes whose command names a folder."""
    commands = ((path.parent.name, path.read_bytes()) for path in Path("/proc").glob("[0-9]*/cmdline"))
    return [pid for pid, command in commands if os.fsencode(scratch) in command]


def test_a_training_orphaned_by_a_kill_ends(
    tmp_path: Path, tiny_checkpoint: Path, rows: tuple[dict[str, object], ...]
) -> None:
    """It used to train on, beside the one that the next run starts in the same folder."""
    scratch = tmp_path / "killed"
    parent = start_training(tmp_path, tiny_checkpoint, scratch, rows * 50)
    while not (scratch / "metrics.jsonl").exists():
        assert parent.poll() is None
        time.sleep(0.01)
    assert processes_of(scratch)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 60
    while processes_of(scratch):
        assert time.monotonic() < deadline, "the training outlives its caller"
        time.sleep(0.1)
    steps = len(_lines(scratch))
    assert steps < 600


def _lines(folder: Path) -> list[str]:
    return (folder / "metrics.jsonl").read_text().splitlines()
