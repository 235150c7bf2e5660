"""Child process: train a small Qwen2 model from nothing on the corpus.

Run as ``python -m repodojo.base_model.pretrain config.json``; the last act writes the finished model folder.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import (
    GenerationConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Trainer,
    TrainingArguments,
)

from datasets import Dataset
from repodojo.base_model.corpus import Document, Function, read_functions, split_modules, write_documents
from repodojo.base_model.recipe import Recipe
from repodojo.base_model.tokenizer import IM_END, train_tokenizer

_WIDTH_STEP = 64
CHAT_TEMPLATE = Path(__file__).parent.parent / "training" / "chat_template.jinja"


class WeightedTrainer(Trainer):
    """A Trainer whose loss weighs each token.

    Rows are padded on the right, so causal attention alone keeps the padding out: no mask is needed.
    """

    def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, **_: Any) -> Any:
        """Return the weighted mean cross-entropy of the batch."""
        tokens, weights = inputs["input_ids"], inputs["weights"][:, 1:]
        kept = weights > 0
        with torch.autocast(model.device.type, torch.bfloat16):
            logits = model.lm_head(model.model(input_ids=tokens).last_hidden_state[:, :-1][kept])
        losses = torch.nn.functional.cross_entropy(logits.float(), tokens[:, 1:][kept], reduction="none")
        loss = (losses * weights[kept]).sum() / weights[kept].sum()
        return (loss, {}) if return_outputs else loss


def build_model(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> Qwen2ForCausalLM:
    """Build the untrained model; generation stops at the end of a turn or of the text."""
    torch.manual_seed(recipe.seed)
    model = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=len(tokenizer),
            hidden_size=recipe.hidden_size,
            intermediate_size=recipe.intermediate_size,
            num_hidden_layers=recipe.layers,
            num_attention_heads=recipe.heads,
            num_key_value_heads=recipe.heads,
            max_position_embeddings=4096,
            tie_word_embeddings=True,
            attn_implementation="eager",
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    model.generation_config = GenerationConfig(
        eos_token_id=[tokenizer.convert_tokens_to_ids(IM_END), tokenizer.eos_token_id],
        pad_token_id=tokenizer.pad_token_id,
    )
    return model


def encode(document: Document, tokenizer: PreTrainedTokenizerFast, prompt_weight: float) -> dict[str, Any]:
    """Encode a document; the completion weighs 1 a token, the prompt less."""
    prompt = tokenizer.encode(document.prompt)
    completion = [*tokenizer.encode(document.completion), tokenizer.eos_token_id]
    weights = [prompt_weight] * len(prompt) + [1.0] * len(completion)
    return {"input_ids": prompt + completion, "weights": weights, "length": len(weights)}


def collate(rows: Sequence[dict[str, Any]], pad: int) -> dict[str, torch.Tensor]:
    """Pad the rows on the right, to one of few widths: the CPU kernels are compiled once for each."""
    width = -(-max(row["length"] for row in rows) // _WIDTH_STEP) * _WIDTH_STEP
    tokens = [row["input_ids"] + [pad] * (width - row["length"]) for row in rows]
    weights = [row["weights"] + [0.0] * (width - row["length"]) for row in rows]
    return {"input_ids": torch.tensor(tokens), "weights": torch.tensor(weights)}


def encode_corpus(functions: list[Function], recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> Dataset:
    """Write and encode the documents of every step."""
    count = recipe.steps * recipe.documents_per_step
    documents = write_documents(functions, count, recipe.seed + 2, recipe.max_characters)
    return Dataset.from_list([encode(d, tokenizer, recipe.prompt_weight) for d in documents])


def trainer_arguments(recipe: Recipe, scratch: Path) -> TrainingArguments:
    """Translate the recipe into the trainer's arguments."""
    return TrainingArguments(
        output_dir=str(scratch),
        max_steps=recipe.steps,
        per_device_train_batch_size=recipe.documents_per_step,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=recipe.warmup_steps,
        weight_decay=0.01,
        adam_beta2=0.98,
        optim="adamw_torch_fused",
        use_cpu=not torch.cuda.is_available(),
        train_sampling_strategy="group_by_length",
        remove_unused_columns=False,
        logging_steps=20,
        save_steps=100,
        save_total_limit=2,
        report_to=[],
        disable_tqdm=True,
        seed=recipe.seed,
    )


def pretrain(recipe: Recipe, output: Path) -> None:
    """Train tokenizer and model, resuming from the last checkpoint, and write them to ``output``."""
    functions, _ = split_modules(read_functions(), recipe.held_out_modules, recipe.seed)
    sample = (
        d.prompt + d.completion
        for d in write_documents(functions, 20_000, recipe.seed + 1, recipe.max_characters)
    )
    tokenizer = train_tokenizer(sample, recipe.vocabulary_size, CHAT_TEMPLATE.read_text(encoding="utf-8"))
    scratch = output.with_name("run")
    trainer = WeightedTrainer(
        model=build_model(recipe, tokenizer),
        args=trainer_arguments(recipe, scratch),
        train_dataset=encode_corpus(functions, recipe, tokenizer),
        data_collator=lambda batch: collate(batch, tokenizer.pad_token_id),
        processing_class=tokenizer,
    )
    trainer.train(resume_from_checkpoint=any(scratch.glob("checkpoint-*")) or None)
    _write_model(trainer, tokenizer, recipe, output)


def _write_model(trainer: Trainer, tokenizer: PreTrainedTokenizerFast, recipe: Recipe, output: Path) -> None:
    unfinished = output.with_name(output.name + ".tmp")
    trainer.model.to(torch.float16).save_pretrained(unfinished)
    tokenizer.save_pretrained(unfinished)
    (unfinished / "recipe.json").write_text(recipe.model_dump_json(indent=2) + "\n")
    unfinished.replace(output)


def main() -> None:
    """Train the recipe of the JSON file named on the command line."""
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    pretrain(Recipe(**settings["recipe"]), Path(settings["output"]))


if __name__ == "__main__":
    main()
