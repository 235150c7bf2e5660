"""Child process: supervised fine-tuning of one checkpoint with TRL.

Run as ``python -m repodojo.training.sft training_config.json``. Loss falls on the assistant's messages only.
Goes on from the last checkpoint of its scratch folder; the last act is to write ``training.json`` beside the
weights. A failure whose cause is known stands in ``failure.txt`` of the scratch folder; that no row is left
to learn from is no failure, and stands in ``untrained.txt``.
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
import transformers
import trl
from peft import LoraConfig, PeftModel
from trl import SFTConfig

from datasets import Dataset
from repodojo.errors import NothingToLearnError, RepoDojoError, TrainingError
from repodojo.policies.adapters import adapter_chain, load_model
from repodojo.policies.tokenizer_files import end_tokens, load_tokenizer
from repodojo.training.card import render_card
from repodojo.training.failures import explain
from repodojo.training.kernels import kernels_here
from repodojo.training.labelled import LabelledTrainer
from repodojo.training.launch import FAILURE_NAME, METRICS_NAME, UNTRAINED_NAME, end_with_parent
from repodojo.training.packed_attention import attend_within_samples
from repodojo.training.resume import drop_torn_checkpoints
from repodojo.training.settings import LoraSettings, TrainingSettings
from repodojo.training.step_log import StepLog
from repodojo.training.templates import training_template
from repodojo.training.throughput import mean_length
from repodojo.training.token_rows import RowCounts, Tokenizers, tokenise_rows

_WIDTH_STEP = 64


def trainer_arguments(settings: TrainingSettings, scratch: Path, processes: int) -> SFTConfig:
    """Translate the settings into TRL's; a step sees the same number of rows however many processes share it.

    Raises:
        TrainingError: the processes cannot share the rows of a step evenly.
    """
    on_gpu = torch.cuda.is_available()
    per_device = max(1, min(settings.rows_per_device, settings.rows_per_step // processes))
    if settings.rows_per_step % (per_device * processes):
        raise TrainingError(
            f"rows_per_step: expected a multiple of {processes} processes x {per_device} rows_per_device, "
            f"found {settings.rows_per_step}"
        )
    return SFTConfig(
        output_dir=str(scratch / "run"),
        learning_rate=settings.learning_rate,
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=per_device,
        gradient_accumulation_steps=settings.rows_per_step // (per_device * processes),
        max_length=settings.max_tokens,
        packing=settings.packing,
        lr_scheduler_type=settings.scheduler,
        warmup_steps=settings.warmup_steps,
        weight_decay=settings.weight_decay,
        bf16=settings.bf16,
        use_cpu=not on_gpu,
        gradient_checkpointing=settings.gradient_checkpointing,
        use_liger_kernel=kernels_here().liger,
        train_sampling_strategy="random" if settings.packing else "group_by_length",
        pad_to_multiple_of=None if settings.packing else _WIDTH_STEP,
        logging_steps=1,
        include_num_input_tokens_seen="non_padding",
        save_steps=settings.save_steps,
        save_total_limit=1,
        report_to=[],
        disable_tqdm=True,
        seed=settings.seed,
        dataset_num_proc=1,
    )


def lora_config(settings: LoraSettings | None) -> LoraConfig | None:
    """Translate the LoRA settings into PEFT's."""
    if settings is None:
        return None
    modules = settings.target_modules
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=modules if isinstance(modules, str) else list(modules),
    )


def build_trainer(
    checkpoint: Path,
    tokenizer: Any,
    rows: list[dict[str, list[int]]],
    settings: TrainingSettings,
    scratch: Path,
    processes: int = 1,
) -> LabelledTrainer:
    """Load a checkpoint, and return what trains it on rows of tokens."""
    transformers.set_seed(settings.seed)
    dtype = torch.bfloat16 if torch.cuda.is_available() and settings.lora else torch.float32
    model = load_model(checkpoint, dtype=dtype, attn_implementation=kernels_here().attention)
    if settings.packing and not torch.cuda.is_available():
        attend_within_samples(model)
    return LabelledTrainer(
        model=model,
        args=trainer_arguments(settings, scratch, processes),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=lora_config(settings.lora),
        callbacks=[StepLog(scratch / METRICS_NAME, mean_length(len(row["input_ids"]) for row in rows))],
    )


def train(config: dict[str, Any]) -> None:
    """Train, and write the finished checkpoint to ``scratch/model``."""
    scratch, settings = Path(config["scratch"]), TrainingSettings(**config["settings"])
    checkpoint = Path(config["model"])
    tokenizer = load_tokenizer(checkpoint)
    rows, counts = _rows(tokenizer, checkpoint, scratch, settings)
    trainer = build_trainer(checkpoint, tokenizer, rows, settings, scratch, config["processes"])
    resumed = drop_torn_checkpoints(scratch / "run")
    result = trainer.train(resume_from_checkpoint=resumed or None)
    merged = settings.lora is None or settings.lora.merged
    write_checkpoint(trainer, tokenizer, _generation(checkpoint), merged, scratch / "model")
    if trainer.accelerator.is_main_process:
        _write_cards(config, {**result.metrics, "rows": counts.as_json()}, scratch / "model")


def _rows(
    tokenizer: Any, model: Path, scratch: Path, settings: TrainingSettings
) -> tuple[list[dict[str, list[int]]], RowCounts]:
    """Read the rows as tokens, every one of them compared with what serving would make of it."""
    lines = (scratch / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    tokenizers = Tokenizers(
        training=tokenizer,
        serving=load_tokenizer(model),
        template=training_template(tokenizer, model),
        ends=end_tokens(_generation(model), tokenizer),
    )
    return tokenise_rows(
        [json.loads(line) for line in lines], tokenizers, settings.max_tokens, settings.overlong
    )


def _generation(checkpoint: Path) -> transformers.GenerationConfig:
    """Return how a checkpoint answers, as its files say and not as a trainer has changed it."""
    whole = adapter_chain(checkpoint)[0]
    try:
        return transformers.GenerationConfig.from_pretrained(whole)
    except OSError:  # there is no generation_config.json
        config = transformers.AutoConfig.from_pretrained(whole)
        return transformers.GenerationConfig.from_model_config(config)


def write_checkpoint(
    trainer: LabelledTrainer,
    tokenizer: Any,
    generation: transformers.GenerationConfig,
    merged: bool,
    folder: Path,
) -> None:
    """Write weights and tokenizer; every process takes part, for sharded weights have to be gathered."""
    model = trainer.accelerator.unwrap_model(trainer.model)
    if merged and isinstance(model, PeftModel):
        model = model.merge_and_unload()
        state = model.state_dict()
    else:
        state = trainer.accelerator.get_state_dict(trainer.model)
    if trainer.accelerator.is_main_process:
        if merged:
            model.generation_config = generation
        model.save_pretrained(folder, state_dict=state)
        tokenizer.save_pretrained(folder)


def _write_cards(config: dict[str, Any], metrics: dict[str, Any], folder: Path) -> None:
    card = {
        "name": config["name"],
        "fingerprint": config["fingerprint"],
        "origin": config["origin"],
        "instances": config["instances"],
        "metrics": metrics,
        "kernels": kernels_here()._asdict(),
        "versions": {
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "trl": trl.__version__,
        },
    }
    (folder / "README.md").write_text(render_card(card), encoding="utf-8")
    (folder / "training.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Train what the configuration file named on the command line says."""
    end_with_parent()
    config = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    try:
        train(config)
    except Exception as error:
        told = str(error) if isinstance(error, RepoDojoError) else explain(error)
        name = UNTRAINED_NAME if isinstance(error, NothingToLearnError) else FAILURE_NAME
        if told:
            (Path(config["scratch"]) / name).write_text(told, encoding="utf-8")
        raise


if __name__ == "__main__":
    main()
