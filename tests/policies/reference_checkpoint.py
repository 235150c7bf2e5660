"""Script: write a tiny checkpoint and an adapter, and what plain transformers makes of them.

Run as ``python reference_checkpoint.py FOLDER``: FOLDER/checkpoint, FOLDER/adapter and FOLDER/expected.json.
It is a process of its own so that the tests themselves load no torch.
"""

import json
import sys
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import GenerationConfig, Qwen2Config, Qwen2ForCausalLM

import repodojo.training
from repodojo.base_model.tokenizer import IM_END, save_tokenizer, train_tokenizer
from repodojo.policies.local_worker import Worker

TEMPLATE = Path(repodojo.training.__file__).parent / "chat_template.jinja"
MAX_TOKENS = 40
CHOICES = ["Y", "N"]
TEXT = """def area(width, height):
    if width < 0 or height < 0:
        raise ValueError('bad size')
    return width * height

sed -i '12s/<=/</' ./shapes/area.py; python /tmp/r.py
"""
OPENINGS = ["repair area(2, 3) in ./shapes/area.py", "it prints 5, it should print 6", TEXT, TEXT * 9]


def build(folder: Path) -> None:
    tokenizer = train_tokenizer([TEXT] * 3, 320, TEMPLATE.read_text(encoding="utf-8"))
    ends = [tokenizer.convert_tokens_to_ids(IM_END), tokenizer.eos_token_id]
    torch.manual_seed(3)
    model = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            max_position_embeddings=1024,
            tie_word_embeddings=True,
            # Wide enough that the likeliest token is never a matter of rounding.
            initializer_range=0.25,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    model.generation_config = GenerationConfig(eos_token_id=ends, pad_token_id=tokenizer.pad_token_id)
    model.save_pretrained(folder / "checkpoint")
    save_tokenizer(tokenizer, folder / "checkpoint")
    base = Qwen2ForCausalLM.from_pretrained(folder / "checkpoint")
    adapted = get_peft_model(base, LoraConfig(r=4, init_lora_weights=False, target_modules="all-linear"))
    adapted.peft_config["default"].base_model_name_or_path = str(folder / "checkpoint")
    adapted.save_pretrained(folder / "adapter")
    adapted = PeftModel.from_pretrained(
        Qwen2ForCausalLM.from_pretrained(folder / "checkpoint"), folder / "adapter"
    )
    expected = {"plain": expect(model.eval(), tokenizer), "adapted": expect(adapted.eval(), tokenizer)}
    expected["adapted_decoded"] = decode(folder / "adapter", expected["adapted"])
    (folder / "expected.json").write_text(json.dumps(expected))


def expect(model, tokenizer) -> list[dict]:
    """Return conversations of two turns each with transformers' greedy answer and log-probabilities."""
    rows = []
    for opening in OPENINGS:
        messages = [{"role": "system", "content": "You repair code."}, {"role": "user", "content": opening}]
        for _ in range(2):
            row = answer(model, tokenizer, messages)
            rows.append(row)
            follow_up = {"role": "user", "content": "It printed 5. " + opening[:30]}
            messages = [*messages, {"role": "assistant", "content": row["answer"]}, follow_up]
    return rows


def answer(model, tokenizer, messages: list[dict]) -> dict:
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    ids = torch.tensor([tokenizer.encode(text, add_special_tokens=False)])
    with torch.inference_mode():
        whole = model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=MAX_TOKENS, do_sample=False
        )
        row = torch.log_softmax(model(ids).logits[0, -1], -1)
    new = whole[0, ids.shape[1] :]
    return {
        "messages": messages,
        "answer": tokenizer.decode(new, skip_special_tokens=True),
        "tokens": ids.shape[1],
        "scores": {choice: float(row[tokenizer.encode(choice)[0]]) for choice in CHOICES},
    }


def decode(checkpoint: Path, rows: list[dict]) -> list[dict]:
    """Return what the worker makes of the rows' conversations, one after the other."""
    replies = []
    settings = {
        "checkpoint": str(checkpoint),
        "threads": 1,
        "scoring_threads": 1,
        "max_context": None,
        "max_batch": 3,
        "cache_mib": 64,
    }
    worker = Worker(settings, replies.append)
    for row in rows:
        ask = {"id": 0, "messages": row["messages"]}
        worker.accept({**ask, "answer_prefix": "", "choices": CHOICES})
        worker.accept({**ask, "max_tokens": MAX_TOKENS, "temperature": 0.0, "seed": 0, "stop": []})
        while not worker.decoder.is_idle:
            worker.decoder.step()
    scores, answers = replies[::2], replies[1::2]
    return [
        {"answer": a["text"], "finish_reason": a["finish_reason"], **s}
        for s, a in zip(scores, answers, strict=True)
    ]


if __name__ == "__main__":
    build(Path(sys.argv[1]))
