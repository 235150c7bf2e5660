"""How vLLM serves a checkpoint, and the command that starts it; nothing of vLLM is imported."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

HOST = "127.0.0.1"


class VLLMSettings(BaseModel):
    """How vLLM serves a checkpoint."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: tuple[str, ...] = ("vllm", "serve")
    """What starts the server; its first word may be the interpreter of another environment.

    The unofficial build for CPUs has no working ``vllm`` command: there it is PYTHON, -m,
    vllm.entrypoints.openai.api_server.
    """
    dtype: str = "auto"
    tensor_parallel_size: int = Field(1, ge=1)
    """GPUs that share the model."""
    data_parallel_size: int = Field(1, ge=1)
    """Copies of the model, each on GPUs of its own."""
    max_num_seqs: int | None = Field(None, ge=1)
    """Conversations that are answered at once, in each copy; vLLM's own default unless given."""
    quantization: Literal["fp8"] | None = None
    """Weights of eight bits, made on loading; embeddings and the output layer stay as they are."""
    enable_prefix_caching: bool | None = None
    """Keep what a conversation has in common with its next turn; vLLM's own default unless given."""
    max_model_len: int | None = Field(None, ge=1)
    """Tokens of prompt and answer together; the model's own limit unless given."""
    gpu_memory_utilization: float | None = Field(None, gt=0, le=1)
    """Share of the device's memory to take; vLLM's own default unless given."""
    lora_modules: Mapping[str, str] = {}
    """Adapter folders by the model name that they are served as."""
    max_lora_rank: int | None = Field(None, ge=1)
    """The largest rank of an adapter; vLLM's own default, 16, unless given."""
    token_ids: bool = False
    """Keep the ids of every turn's prompt and answer in its trajectory, many times as large then."""
    extra_args: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    """Environment variables of the server."""
    start_timeout_s: float = 900.0


def launch_command(
    settings: VLLMSettings, checkpoint: str, name: str, port: int, tokenizer: str | None = None
) -> list[str]:
    """Return the command that serves ``checkpoint`` as ``name``."""
    command = [*settings.command]
    command += [checkpoint] if command[-1] == "serve" else ["--model", checkpoint]
    options: dict[str, str | int | float | None] = {
        "tokenizer": tokenizer,
        "served-model-name": name,
        "host": HOST,
        "port": port,
        "dtype": settings.dtype,
        "tensor-parallel-size": settings.tensor_parallel_size,
        "data-parallel-size": settings.data_parallel_size if settings.data_parallel_size > 1 else None,
        "max-num-seqs": settings.max_num_seqs,
        "quantization": settings.quantization,
        "max-model-len": settings.max_model_len,
        "gpu-memory-utilization": settings.gpu_memory_utilization,
        "max-lora-rank": settings.max_lora_rank,
    }
    for option, value in options.items():
        command += [] if value is None else [f"--{option}", str(value)]
    if settings.enable_prefix_caching is not None:
        command += [f"--{'' if settings.enable_prefix_caching else 'no-'}enable-prefix-caching"]
    if settings.lora_modules:
        modules = [f"{module}={folder}" for module, folder in settings.lora_modules.items()]
        command += ["--enable-lora", "--lora-modules", *modules]
    return [*command, *settings.extra_args]
