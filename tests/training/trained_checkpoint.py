"""Script: train a tiny model in three ways, save it, and say what the model in memory answers greedily.

Run as ``python trained_checkpoint.py FOLDER``: FOLDER/full, FOLDER/merged, FOLDER/adapter, and
FOLDER/expected.json with rows of messages and answers for each.
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
import transformers

import repodojo.training
from repodojo.base_model.pretrain import build_model
from repodojo.base_model.recipe import Recipe, Stage
from repodojo.base_model.tokenizer import save_tokenizer, train_tokenizer
from repodojo.training.settings import LoraSettings, TrainingSettings
from repodojo.training.sft import build_trainer, write_checkpoint
from repodojo.training.token_rows import Tokenizers, tokenise_rows

TEMPLATE = Path(repodojo.training.__file__).parent / "chat_template.jinja"
RECIPE = Recipe(hidden_size=64, layers=2, heads=2, intermediate_size=128, stages=(Stage(steps=1),))
MAX_TOKENS = 24
WIDER = 12
PARTS = ("area", "sum", "name")


def conversation(part: str) -> list[dict[str, str]]:
    return [
        {"role": "system", "content": "You repair a bug."},
        {"role": "user", "content": f"{part}(2) gives 3, should give 4"},
        {"role": "assistant", "content": f"```bash\nsed -i '7s/+/*/' {part}.py\n```"},
        {"role": "user", "content": "4"},
        {"role": "assistant", "content": "```bash\necho done\n```"},
    ]


def settings(lora: LoraSettings | None) -> TrainingSettings:
    return TrainingSettings(
        **{"learning_rate": 1e-3, "epochs": 4, "rows_per_step": 3, "rows_per_device": 3, "max_tokens": 512},
        **{"packing": False, "bf16": False, "save_steps": 1000, "lora": lora},
    )


def build_base(folder: Path) -> Any:
    texts = [turn["content"] for part in PARTS for turn in conversation(part)]
    tokenizer = train_tokenizer(texts * 3, 400, TEMPLATE.read_text(encoding="utf-8"))
    model = build_model(RECIPE, tokenizer)
    with torch.no_grad():  # so wide that the likeliest token is never a matter of rounding
        for weights in model.parameters():
            weights.mul_(1 if weights.dim() == 1 else WIDER)
    model.save_pretrained(folder)
    save_tokenizer(tokenizer, folder)
    return tokenizer


def train(base: Path, tokenizer: Any, lora: LoraSettings | None, folder: Path) -> list[dict[str, Any]]:
    generation = transformers.GenerationConfig.from_pretrained(base)
    rows, _ = tokenise_rows(
        [{"messages": conversation(part)} for part in PARTS],
        Tokenizers(tokenizer, tokenizer, None, generation.eos_token_id),
        512,
        "drop",
    )
    trainer = build_trainer(base, tokenizer, rows, settings(lora), folder.with_suffix(".scratch"))
    trainer.train()
    expected = [answer(trainer.model, tokenizer, generation, part, turn) for part in PARTS for turn in (2, 4)]
    write_checkpoint(trainer, tokenizer, generation, lora is None or lora.merged, folder)
    return expected


def answer(model: Any, tokenizer: Any, generation: Any, part: str, turn: int) -> dict[str, Any]:
    """Return a conversation up to one of its answers, and the greedy one of the model as it was trained."""
    messages = conversation(part)[:turn]
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    ids = torch.tensor([tokenizer.encode(text, add_special_tokens=False)])
    ends = generation.eos_token_id
    with torch.no_grad():
        out = model.eval().generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=MAX_TOKENS,
            eos_token_id=ends, pad_token_id=tokenizer.pad_token_id,
        )  # fmt: skip
    return {
        "messages": messages,
        "answer": tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True),
    }


def main() -> None:
    folder = Path(sys.argv[1])
    tokenizer = build_base(folder / "base")
    ways = {
        "full": None,
        "merged": LoraSettings(rank=8, alpha=16),
        "adapter": LoraSettings(rank=8, alpha=16, merged=False),
    }
    expected = {name: train(folder / "base", tokenizer, lora, folder / name) for name, lora in ways.items()}
    (folder / "expected.json").write_text(json.dumps(expected))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
