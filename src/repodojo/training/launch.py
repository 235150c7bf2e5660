"""Runs a training module as a child process, so that no caller ever holds a GPU.

The child's input is a pipe that nobody writes to: its end tells the child that its caller is gone.
"""

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from repodojo.errors import NothingToLearnError, TrainingError
from repodojo.training.failures import explain_end

CONFIG_NAME = "training_config.json"
LOG_NAME = "training.log"
FAILURE_NAME = "failure.txt"
"""Where a child says, in one line, why it failed."""
UNTRAINED_NAME = "untrained.txt"
"""Where a child says, in one line, why there is nothing to learn."""
METRICS_NAME = "metrics.jsonl"
"""What a child says of each step."""
STEPS_NAME = "steps.txt"
"""Where a child says, once it starts, how many steps it has."""
_LOG_LINES = 15


def run_child(
    name: str, module: str, config: Mapping[str, Any], scratch: Path, launcher: Sequence[str] = ()
) -> None:
    """Run a module on a configuration file; its output goes to ``training.log`` in ``scratch``.

    ``config["threads"]`` bounds the threads of each process.

    Raises:
        NothingToLearnError: the child says so.
        TrainingError: the child failed; it says why, or ends with the last lines of the log that it names.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    (scratch / CONFIG_NAME).write_text(json.dumps(config, indent=2), encoding="utf-8")
    log_path, failure, untrained = (scratch / name for name in (LOG_NAME, FAILURE_NAME, UNTRAINED_NAME))
    for word in (failure, untrained, scratch / STEPS_NAME):
        word.unlink(missing_ok=True)
    with log_path.open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, *launcher, "-m", module, str(scratch / CONFIG_NAME)],
            stdin=subprocess.PIPE,  # closed when this process ends, however it does
            stdout=log,
            stderr=subprocess.STDOUT,
            env=_environment(config["threads"]),
        )
    with child:
        try:
            child.wait()
        except BaseException:
            child.kill()
            raise
    if child.returncode != 0 and untrained.exists():
        raise NothingToLearnError(untrained.read_text(encoding="utf-8"))
    if child.returncode != 0:
        lines = log_path.read_text(errors="replace").splitlines()[-_LOG_LINES:]
        tail = "\n".join(lines)
        told = (failure.read_text(encoding="utf-8") if failure.exists() else "") or explain_end(
            child.returncode, tail, shutil.disk_usage(scratch).free
        )
        what = f"failed: {told}" if told else f"ended with exit status {child.returncode}"
        raise TrainingError(f"training '{name}' {what}; log: {log_path}" + ("" if told else f"\n{tail}"))


def end_with_parent() -> None:
    """End this process as soon as the one that `run_child` was called in has ended."""
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        threading.Thread(target=_end_with_input, daemon=True).start()


def _end_with_input() -> None:
    while os.read(0, 1):
        continue
    os._exit(1)


def accelerate_launcher(processes: int, config_file: str = "") -> list[str]:
    """Return the arguments that start a module under ``accelerate launch`` on this machine.

    ``config_file`` is accelerate's own (FSDP and the like); without it, several processes train copies of the
    model side by side, on GPUs or, where there is none, on the CPU.
    """
    launcher = ["-m", "accelerate.commands.launch", "--num_machines", "1", "--dynamo_backend", "no"]
    if config_file:
        launcher += ["--config_file", config_file]
    else:
        launcher += ["--mixed_precision", "no", *(["--multi_gpu"] if processes > 1 else [])]
    return [*launcher, "--num_processes", str(processes), "--main_process_port", "0"]


def _environment(threads: int) -> dict[str, str]:
    return {
        **os.environ,
        "OMP_NUM_THREADS": str(threads),
        "HF_HUB_OFFLINE": os.environ.get("HF_HUB_OFFLINE", "1"),
        "TOKENIZERS_PARALLELISM": "false",
        # Every new shape of a batch adds compiled kernels: without a bound they fill gigabytes.
        "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64",
        # Large temporaries that return to the kernel at once cost a page fault a page, every time.
        "MALLOC_MMAP_THRESHOLD_": str(2**25),
        "MALLOC_TRIM_THRESHOLD_": str(2**29),
    }
