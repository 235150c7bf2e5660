"""Appends each step of a training to a file: loss, learning rate, tokens a second, MFU, memory."""

import json
import math
import resource
import time
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback

from repodojo.training.launch import STEPS_NAME
from repodojo.training.throughput import ModelSize, token_flops, utilisation

_TWICE = ("train_runtime", "train_tokens_per_second")
"""What the trainer adds to every line, from the start on; a line says it of its own step."""


class StepLog(TrainerCallback):  # type: ignore[misc]
    """Appends every logged step to ``metrics.jsonl`` and stops on a loss that is not a number."""

    def __init__(self, path: Path, length: float = 0.0) -> None:
        """Name the file; ``length`` is that of the sample that a token is of, on average."""
        self.path = path
        self.length = length
        self.started = time.monotonic()
        self._before: tuple[float, int] | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Say how many steps there are."""
        if state.is_world_process_zero:
            self.path.with_name(STEPS_NAME).write_text(f"{state.max_steps}\n", encoding="utf-8")

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **given: Any
    ) -> None:
        """Write one line; the trainer calls this on every process."""
        if not state.is_world_process_zero or not logs or "loss" not in logs:
            return
        # Before the weights that such a step leaves are saved: the trainer logs first.
        for name in ("loss", "grad_norm"):
            if not math.isfinite(logs.get(name, 0.0)):
                raise FloatingPointError(f"the {name} is {logs[name]} at step {state.global_step}")
        logs = {name: value for name, value in logs.items() if name not in _TWICE}
        seconds = time.monotonic() - self.started
        row = {"step": state.global_step, "seconds": round(seconds, 2), **logs, "memory_gib": memory_gib()}
        row |= self._speed(seconds, int(state.num_input_tokens_seen), given.get("model"), args.world_size)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def _speed(self, seconds: float, tokens: int, model: Any, devices: int) -> dict[str, float]:
        """Return tokens a second since the last line, and MFU; nothing of the first step, which warms up."""
        before, self._before = self._before, (seconds, tokens)
        if before is None or seconds <= before[0]:
            return {}
        rate = (tokens - before[1]) / (seconds - before[0])
        found = {"tokens_per_second": round(rate, 2)}
        if model is not None and torch.cuda.is_available():
            flops = token_flops(size_of(model), self.length)
            share = utilisation(rate, flops, torch.cuda.get_device_name(), devices)
            found |= {} if share is None else {"mfu": round(share, 4)}
        return found


def size_of(model: Any) -> ModelSize:
    """Return what decides the arithmetic of a model's tokens."""
    config = model.config
    heads = config.num_attention_heads
    head = getattr(config, "head_dim", None) or config.hidden_size // heads
    counts = {True: 0, False: 0}
    for each in model.parameters():
        counts[each.requires_grad] += each.numel()
    if not config.tie_word_embeddings:
        table = model.get_input_embeddings().weight
        counts[table.requires_grad] -= table.numel()
    return ModelSize(counts[True], counts[False], config.num_hidden_layers, heads * head)


def memory_gib() -> float:
    """Return the most memory so far: of the GPU where there is one, else of this process."""
    if torch.cuda.is_available():
        return round(torch.cuda.max_memory_allocated() / 2**30, 3)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 3)
