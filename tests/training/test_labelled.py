"""The loss of the labelled positions alone is TRL's, and so are its gradients."""

from pathlib import Path
from typing import Any

import pytest

from repodojo.training.settings import LoraSettings, TrainingSettings
from repodojo.training.token_rows import IGNORED

LENGTHS = (37, 21, 64, 5)


def rows_of(tokenizer: Any) -> list[dict[str, list[int]]]:
    """Rows of different tokens and lengths; loss falls on the last third of each."""
    words = [id for id in range(len(tokenizer)) if id not in tokenizer.all_special_ids]
    rows = [[words[(11 * n + 5 * at) % len(words)] for at in range(size)] for n, size in enumerate(LENGTHS)]
    return [
        {"input_ids": ids, "labels": [IGNORED] * (2 * len(ids) // 3) + ids[2 * len(ids) // 3 :]}
        for ids in rows
    ]


@pytest.mark.parametrize("packing", [False, True])
@pytest.mark.parametrize("lora", [None, LoraSettings(rank=4, alpha=8)])
@pytest.mark.parametrize("items", [None, 100])
def test_loss_and_gradients_are_those_of_trl(
    packing: bool,
    lora: LoraSettings | None,
    items: int | None,
    tmp_path: Path,
    tiny_checkpoint: Path,
    tokenizer: Any,
) -> None:
    import torch
    from trl import SFTTrainer

    from repodojo.training.sft import build_trainer

    settings = TrainingSettings(
        rows_per_step=4, rows_per_device=4, max_tokens=128, packing=packing, bf16=False, lora=lora
    )
    trainer = build_trainer(tiny_checkpoint, tokenizer, rows_of(tokenizer), settings, tmp_path)
    (batch,) = trainer.get_train_dataloader()
    trainer.model.train()
    found = []
    for kind, attention in ((type(trainer), None), (SFTTrainer, "sdpa")):
        if attention:
            trainer.accelerator.unwrap_model(trainer.model).set_attn_implementation(attention)
        trainer.model.zero_grad()
        loss = kind.compute_loss(trainer, trainer.model, dict(batch), num_items_in_batch=items)
        loss.backward()
        gradients = {n: p.grad.clone() for n, p in trainer.model.named_parameters() if p.grad is not None}
        found.append((loss.item(), gradients))
    (ours, our_gradients), (theirs, their_gradients) = found
    assert ours == pytest.approx(theirs, rel=1e-5)
    assert our_gradients.keys() == their_gradients.keys()
    assert our_gradients
    for name, gradient in our_gradients.items():
        torch.testing.assert_close(gradient, their_gradients[name], rtol=1e-3, atol=1e-6)


def test_a_batch_without_labels_has_no_loss(tmp_path: Path, tiny_checkpoint: Path, tokenizer: Any) -> None:
    from repodojo.training.sft import build_trainer

    settings = TrainingSettings(rows_per_step=4, rows_per_device=4, max_tokens=128, packing=False, bf16=False)
    trainer = build_trainer(tiny_checkpoint, tokenizer, rows_of(tokenizer), settings, tmp_path)
    (batch,) = trainer.get_train_dataloader()
    nothing = dict(batch) | {"labels": batch["labels"].clone().fill_(IGNORED)}
    assert trainer.compute_loss(trainer.model, nothing).item() == 0
