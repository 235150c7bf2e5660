"""Starts a training as a child process under ``accelerate launch``, so that no caller ever holds a GPU."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from repodojo.errors import TrainingError
from repodojo.training.plan import TrainingPlan

LOG_NAME = "training.log"
CONFIG_NAME = "training_config.json"
ROWS_NAME = "rows.jsonl"


def launch(plan: TrainingPlan, scratch: Path) -> Path:
    """Run the training in ``scratch`` and return the folder of the finished checkpoint.

    Raises:
        TrainingError: there is nothing to learn from, the disk is full, or the child failed; it names the log.
    """
    if not plan.rows:
        raise TrainingError(f"training '{plan.name}': 0 rows, expected at least 1; nothing was started")
    _write_inputs(plan, scratch)
    log_path = scratch / LOG_NAME
    with log_path.open("ab") as log:
        child = subprocess.run(  # noqa: S603
            launch_command(plan, scratch / CONFIG_NAME),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=_environment(plan.threads),
            check=False,
        )
    output = scratch / "model"
    if child.returncode != 0 or not (output / "training.json").is_file():
        tail = "\n".join(log_path.read_text(errors="replace").splitlines()[-15:])
        raise TrainingError(
            f"training '{plan.name}' ended with exit status {child.returncode}; log: {log_path}\n{tail}"
        )
    return output


def launch_command(plan: TrainingPlan, config: Path) -> list[str]:
    """Return the command line of the child."""
    accelerate = [sys.executable, "-m", "accelerate.commands.launch", "--num_machines", "1"]
    accelerate += ["--num_processes", str(plan.processes), "--mixed_precision", "no", "--dynamo_backend", "no"]
    return [*accelerate, "-m", "repodojo.training.sft", str(config)]


def _write_inputs(plan: TrainingPlan, scratch: Path) -> None:
    scratch.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(scratch / "model", ignore_errors=True)
    with (scratch / ROWS_NAME).open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in plan.rows)
    config = {
        "name": plan.name,
        "model": str(plan.model.absolute()),
        "scratch": str(scratch.absolute()),
        "settings": plan.settings.model_dump(mode="json"),
        "fingerprint": dict(plan.fingerprint),
        "processes": plan.processes,
    }
    (scratch / CONFIG_NAME).write_text(json.dumps(config, indent=2), encoding="utf-8")


def _environment(threads: int) -> dict[str, str]:
    return {
        **os.environ,
        "OMP_NUM_THREADS": str(threads),
        "HF_HUB_OFFLINE": os.environ.get("HF_HUB_OFFLINE", "1"),
        "TOKENIZERS_PARALLELISM": "false",
    }
