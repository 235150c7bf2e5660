"""What a token costs, and what share of a device's arithmetic a training uses."""

import json
from pathlib import Path
from typing import Any

import pytest

from repodojo.training.plan import TrainingPlan
from repodojo.training.settings import LoraSettings, TrainingSettings
from repodojo.training.throughput import ModelSize, mean_length, token_flops, utilisation

SETTINGS = TrainingSettings(
    epochs=2, rows_per_step=4, rows_per_device=4, max_tokens=512, packing=False, bf16=False
)


def test_the_flops_of_a_token_are_six_a_weight_and_attention_to_what_stands_before_it() -> None:
    """7B weights in 28 layers of width 3584, at 32,768 tokens: attention adds 0.47 of the weights' part."""
    size = ModelSize(7_000_000_000, 0, 28, 3584)
    assert token_flops(size, 0) == 4.2e10
    assert token_flops(size, 32_768) / token_flops(size, 0) == pytest.approx(1.4697, abs=1e-4)
    # Forward and backward to a causal half: (1 + 2) * 2 products * 2 operations * width * length / 2.
    assert token_flops(size._replace(trained=0), 100) == 28 * 3 * 2 * 2 * 3584 * 100 / 2
    assert token_flops(size._replace(trained=0, frozen=7_000_000_000), 0) == 2.8e10


def test_long_samples_weigh_by_their_tokens() -> None:
    assert mean_length([1, 3]) == 2.5
    assert mean_length([8, 8]) == 8
    assert mean_length([]) == 0


def test_a_share_is_of_all_devices_and_of_a_known_kind_alone() -> None:
    assert utilisation(1000.0, 9.89e11, "NVIDIA H100 80GB HBM3", 2) == pytest.approx(0.5)
    assert utilisation(1000.0, 9.89e11, "a device unheard of", 2) is None


def test_a_models_size_leaves_out_a_table_that_is_only_looked_up(tiny_checkpoint: Path) -> None:
    from transformers import AutoModelForCausalLM

    from repodojo.training.step_log import size_of

    model = AutoModelForCausalLM.from_pretrained(tiny_checkpoint)
    every = sum(each.numel() for each in model.parameters())
    assert size_of(model) == ModelSize(every, 0, 2, 32)
    model.config.tie_word_embeddings = False
    assert size_of(model).trained == every - model.get_input_embeddings().weight.numel()


@pytest.mark.parametrize("lora", [None, LoraSettings(rank=4, alpha=8)], ids=["full", "lora"])
def test_each_step_says_its_tokens_a_second_and_the_memory(
    tmp_path: Path, tiny_checkpoint: Path, rows: Any, tokenizer: Any, lora: LoraSettings | None
) -> None:
    settings = SETTINGS.model_copy(update={"lora": lora})
    TrainingPlan("policy", tiny_checkpoint, rows, settings).run(tmp_path, threads=1)
    steps = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    in_all = 2 * 8 * len(tokenizer.apply_chat_template(rows[0]["messages"], return_dict=True)["input_ids"])
    assert [step["num_input_tokens_seen"] for step in steps] == [in_all * n // 4 for n in range(1, 5)]
    assert "tokens_per_second" not in steps[0]
    assert all(step["tokens_per_second"] > 0 and step["memory_gib"] > 0 for step in steps[1:])
