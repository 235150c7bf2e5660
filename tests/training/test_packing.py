"""No sample of a batch sees another: logits and loss of a batch are those of its samples alone."""

from pathlib import Path
from typing import Any

import pytest

from repodojo.training.settings import TrainingSettings
from repodojo.training.token_rows import IGNORED

LENGTHS = (37, 21, 64, 5, 30, 44)


@pytest.fixture(scope="module")
def samples(tokenizer: Any) -> list[dict[str, list[int]]]:
    """Samples of different tokens and lengths; loss falls on the second half of each."""
    words = [id for id in range(len(tokenizer)) if id not in tokenizer.all_special_ids]
    rows = [
        [words[(7 * n + 3 * at + at * at) % len(words)] for at in range(size)]
        for n, size in enumerate(LENGTHS)
    ]
    return [{"input_ids": ids, "labels": [IGNORED] * (len(ids) // 2) + ids[len(ids) // 2 :]} for ids in rows]


def settings(packing: bool) -> TrainingSettings:
    return TrainingSettings(
        rows_per_step=2 if packing else len(LENGTHS),
        rows_per_device=2 if packing else len(LENGTHS),
        max_tokens=128,
        packing=packing,
        bf16=False,
    )


def parts_of(batch: Any) -> list[tuple[int, slice]]:
    """Return row and place of each sample in a batch."""
    import torch

    if "attention_mask" in batch:
        return [(row, slice(0, int(mask.sum()))) for row, mask in enumerate(batch["attention_mask"])]
    starts = torch.nonzero(batch["position_ids"][0] == 0).flatten().tolist()
    return [(0, slice(a, b)) for a, b in zip(starts, [*starts[1:], None], strict=True)]


def logits_of(model: Any, batch: Any) -> Any:
    """Return the logits of a batch, read as the trainer's loss reads it."""
    inputs = {name: value for name, value in batch.items() if name != "labels"}
    return model(**inputs, use_cache=False).logits


@pytest.mark.parametrize("packing", [True, False])
def test_samples_of_a_batch_do_not_see_each_other(
    packing: bool, tmp_path: Path, tiny_checkpoint: Path, tokenizer: Any, samples: list[dict[str, list[int]]]
) -> None:
    import torch

    from repodojo.training.sft import build_trainer

    trainer = build_trainer(tiny_checkpoint, tokenizer, samples, settings(packing), tmp_path)
    batches = list(trainer.get_train_dataloader())
    seen = []
    for batch in batches:
        with torch.no_grad():
            loss, logits = trainer.compute_loss(trainer.model, dict(batch)), logits_of(trainer.model, batch)
        losses = []
        for row, place in parts_of(batch):
            ids, labels = batch["input_ids"][row, place], batch["labels"][row, place]
            with torch.no_grad():
                alone = trainer.model(input_ids=ids[None])
            torch.testing.assert_close(logits[row, place], alone.logits[0], rtol=1e-4, atol=1e-5)
            losses.append(
                torch.nn.functional.cross_entropy(
                    alone.logits[0, :-1], labels[1:], ignore_index=IGNORED, reduction="sum"
                )
            )
            seen.append(tuple(ids.tolist()))
        learned = sum(
            int((batch["labels"][row, place][1:] != IGNORED).sum()) for row, place in parts_of(batch)
        )
        assert loss.item() == pytest.approx(sum(losses).item() / learned, rel=1e-4)
    assert sorted(seen) == sorted(tuple(each["input_ids"]) for each in samples)
    assert len(batches) == 1
    assert len(parts_of(batches[0])) == len(LENGTHS)


def test_what_one_sample_says_changes_nothing_in_the_others_of_its_pack(
    tmp_path: Path, tiny_checkpoint: Path, tokenizer: Any, samples: list[dict[str, list[int]]]
) -> None:
    import torch

    from repodojo.training.sft import build_trainer

    trainer = build_trainer(tiny_checkpoint, tokenizer, samples, settings(packing=True), tmp_path)
    (batch,) = trainer.get_train_dataloader()
    first, *others = parts_of(batch)
    changed = dict(batch) | {"input_ids": batch["input_ids"].clone()}
    changed["input_ids"][first] = changed["input_ids"][first].flip(0)
    with torch.no_grad():
        before, after = (logits_of(trainer.model, each) for each in (batch, changed))
    assert not torch.equal(before[first], after[first])
    assert all(torch.equal(before[part], after[part]) for part in others)
