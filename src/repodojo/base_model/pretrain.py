"""Child process: train a small Qwen2 model from nothing on the corpus.

Run as ``python -m repodojo.base_model.pretrain config.json``; the last act writes the finished model folder.
"""

import json
import sys
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

from repodojo.base_model.attention_start import start_with_copying
from repodojo.base_model.corpus import write_documents
from repodojo.base_model.functions import find_functions, read_modules, split_modules
from repodojo.base_model.recipe import Recipe, Stage
from repodojo.base_model.rows import Rows, collate
from repodojo.base_model.tokenizer import IM_END, train_tokenizer
from repodojo.training.launch import end_with_parent
from repodojo.training.resume import drop_torn_checkpoints

ROPE_THETA = 1e7
"""So slow that most dimensions of a small head compare tokens alike at any distance of the context."""
_TOKENIZER_DOCUMENTS = 20_000
_TOKENIZER_CHARACTERS = 1100
CHAT_TEMPLATE = Path(__file__).parent.parent / "training" / "chat_template.jinja"


class WeightedTrainer(Trainer):  # type: ignore[misc]
    """A Trainer whose loss weighs each token; rows are full, so there is no padding to keep out."""

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
    """Build the untrained model; generation stops at the end of a turn or of the text.

    Its first two layers start close to copying; see `attention_start`.
    """
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
            rope_parameters={"rope_type": "default", "rope_theta": ROPE_THETA},
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    start_with_copying(model, recipe.seed)
    model.generation_config = GenerationConfig(
        eos_token_id=[tokenizer.convert_tokens_to_ids(IM_END), tokenizer.eos_token_id],
        pad_token_id=tokenizer.pad_token_id,
    )
    return model


def stage_arguments(stage: Stage, scratch: Path, seed: int) -> TrainingArguments:
    """Translate a stage into the trainer's arguments."""
    return TrainingArguments(
        output_dir=str(scratch),
        max_steps=stage.steps,
        per_device_train_batch_size=stage.rows_per_step,
        learning_rate=stage.first_learning_rate,
        weight_decay=0.01,
        adam_beta2=0.98,
        optim="adamw_torch_fused",
        use_cpu=not torch.cuda.is_available(),
        remove_unused_columns=False,
        logging_steps=20,
        save_steps=100,
        save_total_limit=1,
        report_to=[],
        disable_tqdm=True,
        seed=seed,
    )


def learning_rate_factor(step: int, stage: Stage) -> float:
    """Return the learning rate of a step as a share of the stage's first one."""
    warm = min(1.0, (step + 1) / (stage.warmup_steps + 1))
    last = stage.last_learning_rate / stage.first_learning_rate
    return warm * (1 + (last - 1) * step / stage.steps)


class _Staged(WeightedTrainer):
    """A trainer whose learning rate follows a stage."""

    def __init__(self, stage: Stage, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.stage = stage

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """Return the linear schedule between the stage's learning rates."""
        self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(
            optimizer or self.optimizer, lambda step: learning_rate_factor(step, self.stage)
        )
        return self.lr_scheduler


def pretrain(recipe: Recipe, output: Path) -> None:
    """Train tokenizer and model stage by stage, going on where a killed run stopped; write ``output``."""
    modules = read_modules()
    functions, held_out = split_modules(find_functions(modules), recipe.held_out_modules, recipe.seed)
    unseen = {function.module for function in held_out}
    texts = [source for module, source in modules.items() if module not in unseen]
    sample = write_documents(functions, _TOKENIZER_DOCUMENTS, recipe.seed + 1, _TOKENIZER_CHARACTERS)
    texts += [document.prompt + document.completion for document in sample]
    tokenizer = train_tokenizer(texts, recipe.vocabulary_size, CHAT_TEMPLATE.read_text(encoding="utf-8"))
    model = build_model(recipe, tokenizer)
    for number, stage in enumerate(recipe.stages):
        done = output.with_name(f"stage_{number}")
        if done.is_dir():
            model = Qwen2ForCausalLM.from_pretrained(done, dtype=torch.float32)
            continue
        seed = recipe.seed + 2 + number
        scratch = output.with_name(f"run_{number}")
        trainer = _Staged(
            stage,
            model=model,
            args=stage_arguments(stage, scratch, seed),
            train_dataset=Rows(functions, stage, tokenizer, seed),
            data_collator=collate,
        )
        trainer.train(resume_from_checkpoint=drop_torn_checkpoints(scratch) or None)
        _write_model(model, done)
    _finish(model, tokenizer, recipe, output)


def _write_model(model: Qwen2ForCausalLM, folder: Path) -> None:
    unfinished = folder.with_name(folder.name + ".tmp")
    model.save_pretrained(unfinished)
    unfinished.replace(folder)


def _finish(
    model: Qwen2ForCausalLM, tokenizer: PreTrainedTokenizerFast, recipe: Recipe, output: Path
) -> None:
    unfinished = output.with_name(output.name + ".tmp")
    model.to(torch.float16).save_pretrained(unfinished)
    tokenizer.save_pretrained(unfinished)
    (unfinished / "recipe.json").write_text(recipe.model_dump_json(indent=2) + "\n", encoding="utf-8")
    unfinished.replace(output)


def main() -> None:
    """Train the recipe of the JSON file named on the command line."""
    end_with_parent()
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    pretrain(Recipe(**settings["recipe"]), Path(settings["output"]))


if __name__ == "__main__":
    main()
