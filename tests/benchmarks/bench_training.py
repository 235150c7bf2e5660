"""Script: tokens a second of fine-tuning on the CPU, beside TRL as it comes and a bare PyTorch loop.

Run as ``python tests/benchmarks/bench_training.py CHECKPOINT``; of the checkpoint only the tokenizer is used,
for a fresh model of 20 million parameters. Every contender goes once over the same rows in 32-bit floats with
the same optimiser, and the bare loop gets the very batches of our packed training. Tokens are those that are
no padding; start-up and the writing of checkpoints are left out. On a loaded machine tokens a CPU second say
more. It prints a table and a line of JSON; nothing here fails for a time.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, PrinterCallback, TrainerCallback
from trl import SFTConfig, SFTTrainer

from datasets import Dataset
from repodojo.base_model.pretrain import build_model
from repodojo.base_model.recipe import Recipe, Stage
from repodojo.policies.tokenizer_files import load_tokenizer
from repodojo.training.settings import TrainingSettings
from repodojo.training.sft import build_trainer
from repodojo.training.token_rows import IGNORED

Rows = list[dict[str, list[int]]]
RECIPE = Recipe(hidden_size=512, layers=6, heads=8, intermediate_size=1408, stages=(Stage(steps=1),))
LEARNING_RATE, WEIGHT_DECAY, CLIP = 1e-4, 0.01, 1.0


class Clock(TrainerCallback):  # type: ignore[misc]
    """Notes wall and CPU time from the first step's begin to the last one's end."""

    def __init__(self) -> None:
        self.begun = self.ended = (0.0, 0.0)

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self.begun = now()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.ended = now()


def now() -> tuple[float, float]:
    """Return wall and CPU seconds."""
    return time.perf_counter(), time.process_time()


def make_rows(count: int, longest: int, vocabulary: int) -> Rows:
    """Return rows of random tokens, as unequal in length as trajectories; half of each bears loss."""
    rng, rows = random.Random(0), []
    for _ in range(count):
        length = min(longest, max(32, int(rng.lognormvariate(0, 0.6) * longest / 4)))
        ids = [rng.randrange(vocabulary) for _ in range(length)]
        rows.append({"input_ids": ids, "labels": [IGNORED] * (length // 2) + ids[length // 2 :]})
    return rows


def settings(packing: bool, longest: int) -> TrainingSettings:
    return TrainingSettings(
        learning_rate=LEARNING_RATE,
        epochs=1,
        rows_per_step=2 if packing else 8,
        rows_per_device=2 if packing else 8,
        max_tokens=longest,
        packing=packing,
        weight_decay=WEIGHT_DECAY,
        scheduler="constant",
        warmup_steps=0,
        bf16=False,
    )


def plain_trl(model: Path, tokenizer: Any, rows: Rows, packing: bool, longest: int) -> SFTTrainer:
    """Return TRL's trainer with its defaults, but for what all contenders have in common."""
    transformers.set_seed(0)
    arguments = SFTConfig(
        output_dir=str(model.parent / "trl"),
        learning_rate=LEARNING_RATE,
        num_train_epochs=1,
        per_device_train_batch_size=2 if packing else 8,
        max_length=longest,
        packing=packing,
        weight_decay=WEIGHT_DECAY,
        max_grad_norm=CLIP,
        lr_scheduler_type="constant",
        bf16=False,
        use_cpu=True,
        gradient_checkpointing=False,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
    )
    loaded = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    return SFTTrainer(
        model=loaded, args=arguments, train_dataset=Dataset.from_list(rows), processing_class=tokenizer
    )


def timed(trainer: SFTTrainer) -> tuple[float, float]:
    """Train; return wall and CPU seconds."""
    clock = Clock()
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(clock)
    trainer.train()
    return clock.ended[0] - clock.begun[0], clock.ended[1] - clock.begun[1]


def bare_loop(model: Path, batches: list[Any]) -> tuple[float, float]:
    """Train in a loop of PyTorch alone; return wall and CPU seconds."""
    loaded = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).train()
    optimiser = torch.optim.AdamW(loaded.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    begun = now()
    for batch in batches:
        loaded(**batch, use_cache=False).loss.backward()
        torch.nn.utils.clip_grad_norm_(loaded.parameters(), CLIP)
        optimiser.step()
        optimiser.zero_grad()
    ended = now()
    return ended[0] - begun[0], ended[1] - begun[1]


def contenders(
    model: Path, tokenizer: Any, rows: Rows, longest: int
) -> dict[str, Callable[[], tuple[float, float]]]:
    """Return what is measured, by name; ours first."""

    def ours(packing: bool) -> SFTTrainer:
        return build_trainer(model, tokenizer, rows, settings(packing, longest), model.parent / "ours")

    return {
        "ours, packed": lambda: timed(ours(packing=True)),
        "ours, padded by length": lambda: timed(ours(packing=False)),
        "TRL, packed": lambda: timed(plain_trl(model, tokenizer, rows, True, longest)),
        "TRL, unpacked": lambda: timed(plain_trl(model, tokenizer, rows, False, longest)),
        "bare loop, same packs": lambda: bare_loop(model, list(ours(packing=True).get_train_dataloader())),
    }


def run_all(measured: dict[str, Callable[[], tuple[float, float]]]) -> dict[str, tuple[float, float]]:
    """Run each contender once, and say what it took at once: a round takes long."""
    found = {}
    for name, run in measured.items():
        wall, cpu = found[name] = run()
        sys.stderr.write(f"{name}: {wall:.1f} s, {cpu:.1f} CPU s\n")
    return found


def main() -> None:
    """Measure each contender, the best of several rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--longest", type=int, default=1024, help="tokens of the longest row, and of a pack")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    tokenizer = load_tokenizer(asked.checkpoint)
    rows = make_rows(asked.rows, asked.longest, len(tokenizer))
    tokens = sum(len(row["input_ids"]) for row in rows)
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        built = build_model(RECIPE, tokenizer)
        built.save_pretrained(model)
        (model.parent / "ours").mkdir()
        measured = contenders(model, tokenizer, rows, asked.longest)
        rounds = [run_all(measured) for _ in range(asked.rounds)]
    found: dict[str, Any] = {"parameters": built.num_parameters(), "rows": asked.rows, "tokens": tokens}
    found["threads"] = torch.get_num_threads()
    for name in measured:
        wall, cpu = (min(times[name][part] for times in rounds) for part in (0, 1))
        found[name] = {"tokens_per_s": tokens / wall, "tokens_per_cpu_s": tokens / cpu}
        sys.stdout.write(f"{name:26}{tokens / wall:10.0f} tokens/s{tokens / cpu:10.0f} tokens/CPU s\n")
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
