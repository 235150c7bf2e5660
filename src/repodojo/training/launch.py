"""Starts a training as a child process under ``accelerate launch``, so that no caller ever holds a GPU."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repodojo.errors import TrainingError
from repodojo.training.plan import TrainingPlan

LOG_NAME = "training.log"
CONFIG_NAME = "training_config.json"
ROWS_NAME = "rows.jsonl"


def launch(plan: TrainingPlan, scratch: Path) -> Path:
    """Run the training in ``scratch`` and return the folder of the finished checkpoint.

    Raises:
        TrainingError: there is nothing to learn from, or the child failed; it names the log.
    """
    if not plan.rows:
        raise TrainingError(f"training '{plan.name}': found 0 rows, expected at least 1; nothing was started")
    config = _write_inputs(plan, scratch)
    accelerate = ["-m", "accelerate.commands.launch", "--num_machines", "1", "--dynamo_backend", "no"]
    accelerate += ["--num_processes", str(plan.processes), "--mixed_precision", "no"]
    run_child(plan.name, "repodojo.training.sft", config, scratch, plan.threads, accelerate)
    return scratch / "model"


def run_child(
    name: str,
    module: str,
    config: dict[str, Any],
    scratch: Path,
    threads: int,
    launcher: Sequence[str] = (),
) -> None:
    """Run a module on a configuration file; its output goes to ``training.log`` in ``scratch``.

    Raises:
        TrainingError: the child failed; it names the log and ends with the log's last lines.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    (scratch / CONFIG_NAME).write_text(json.dumps(config, indent=2), encoding="utf-8")
    log_path = scratch / LOG_NAME
    with log_path.open("ab") as log:
        child = subprocess.run(
            [sys.executable, *launcher, "-m", module, str(scratch / CONFIG_NAME)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=_environment(threads),
            check=False,
        )
    if child.returncode != 0:
        tail = "\n".join(log_path.read_text(errors="replace").splitlines()[-15:])
        raise TrainingError(
            f"training '{name}' ended with exit status {child.returncode}; log: {log_path}\n{tail}"
        )


def _write_inputs(plan: TrainingPlan, scratch: Path) -> dict[str, Any]:
    scratch.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(scratch / "model", ignore_errors=True)
    with (scratch / ROWS_NAME).open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in plan.rows)
    return {
        "name": plan.name,
        "model": str(plan.model.absolute()),
        "scratch": str(scratch.absolute()),
        "settings": plan.settings.model_dump(mode="json"),
        "fingerprint": dict(plan.fingerprint),
        "processes": plan.processes,
    }


def _environment(threads: int) -> dict[str, str]:
    return {
        **os.environ,
        "OMP_NUM_THREADS": str(threads),
        "HF_HUB_OFFLINE": os.environ.get("HF_HUB_OFFLINE", "1"),
        "TOKENIZERS_PARALLELISM": "false",
    }
