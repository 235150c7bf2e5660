"""How much of a GPU's memory serving a model takes: its weights, and the keys and values of conversations.

An estimate from the model's sizes alone. Activations, CUDA graphs and what the driver takes are not modelled:
`GPU.reserve_gib` stands for them.
"""

from collections.abc import Mapping
from math import ceil
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from repodojo.errors import InputError, first_problem
from repodojo.policies.vllm_command import VLLMSettings

Parsed = TypeVar("Parsed", bound=BaseModel)
GIB = 2**30
_BYTES = {"float32": 4, "float": 4}
"""Of a value; any other type that vLLM serves in takes two."""
_USUAL_UTILIZATION = 0.9
_USUAL_SEQS = 256
"""vLLM's own defaults."""


class Architecture(BaseModel):
    """The fields of a model's ``config.json`` that decide its memory."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    model_type: Literal["qwen2"]
    """Biases on queries, keys and values, a gated feed-forward layer, grouped heads."""
    hidden_size: int = Field(ge=1)
    intermediate_size: int = Field(ge=1)
    num_hidden_layers: int = Field(ge=1)
    num_attention_heads: int = Field(ge=1)
    num_key_value_heads: int = Field(ge=1)
    vocab_size: int = Field(ge=1)
    max_position_embeddings: int = Field(ge=1)
    tie_word_embeddings: bool = False

    @property
    def head_size(self) -> int:
        """Values of a head."""
        return self.hidden_size // self.num_attention_heads

    @property
    def embedding_parameters(self) -> int:
        """Of the first and the last layer, which are one where they are tied."""
        return self.vocab_size * self.hidden_size * (1 if self.tie_word_embeddings else 2)

    @property
    def linear_parameters(self) -> int:
        """Of the matrices between them."""
        both = 2 * self.num_key_value_heads * self.head_size
        attention = self.hidden_size * (2 * self.hidden_size + both)
        return self.num_hidden_layers * (attention + 3 * self.hidden_size * self.intermediate_size)

    @property
    def vector_parameters(self) -> int:
        """Of biases and norms."""
        both = 2 * self.num_key_value_heads * self.head_size
        return self.num_hidden_layers * (3 * self.hidden_size + both) + self.hidden_size

    @property
    def parameters(self) -> int:
        """All of them."""
        return self.embedding_parameters + self.linear_parameters + self.vector_parameters


class GPU(BaseModel):
    """One of the GPUs that a model is served on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    gib: float = Field(gt=0)
    reserve_gib: float = Field(ge=0)
    """Of the share that vLLM may take: for activations and CUDA graphs."""


class ServingFacts(BaseModel):
    """What an environment's ``serving.yml`` says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Architecture
    gpu: GPU


class MemoryEstimate(NamedTuple):
    """Bytes on each GPU of one copy of the model, at the context's whole length."""

    context: int
    """Tokens of the longest conversation."""
    conversations: int
    """Answered at once, by each copy."""
    weights: int
    per_token: int
    """Keys and values of one token."""
    room: int
    """What is left for keys and values; below 0, the weights do not fit."""

    @property
    def per_conversation(self) -> int:
        """Keys and values of the longest conversation."""
        return self.per_token * self.context

    @property
    def wanted(self) -> int:
        """Keys and values of so many of the longest conversations."""
        return self.per_conversation * self.conversations

    @property
    def fitting(self) -> int:
        """How many of the longest conversations fit at once."""
        return max(0, self.room) // self.per_conversation


def parse_facts(raw: Mapping[str, Any], where: str) -> ServingFacts:
    """Check what ``serving.yml`` holds.

    Raises:
        InputError: naming the field, what was expected and what was found.
    """
    return _parse(ServingFacts, raw, where)


def parse_architecture(raw: Mapping[str, Any], where: str) -> Architecture:
    """Read the sizes out of a model's ``config.json``.

    Raises:
        InputError: naming the field, what was expected and what was found.
    """
    return _parse(Architecture, raw, f"{where}: no estimate of its memory")


def estimate_memory(model: Architecture, gpu: GPU, settings: VLLMSettings) -> MemoryEstimate:
    """Estimate what serving takes on each GPU.

    Tensor parallelism divides weights and heads; heads of keys and values are copied where there are fewer of
    them than GPUs. FP8 halves the matrices, not embeddings, biases and norms (vLLM, "FP8 W8A8").
    """
    width = _BYTES.get(settings.dtype, 2)
    matrices = model.linear_parameters * (1 if settings.quantization == "fp8" else width)
    weights = matrices + width * (model.embedding_parameters + model.vector_parameters)
    heads = ceil(model.num_key_value_heads / settings.tensor_parallel_size)
    share = (gpu.gib * (settings.gpu_memory_utilization or _USUAL_UTILIZATION) - gpu.reserve_gib) * GIB
    on_each = ceil(weights / settings.tensor_parallel_size)
    return MemoryEstimate(
        context=settings.max_model_len or model.max_position_embeddings,
        conversations=settings.max_num_seqs or _USUAL_SEQS,
        weights=on_each,
        per_token=2 * model.num_hidden_layers * heads * model.head_size * width,
        room=int(share) - on_each,
    )


def _parse(kind: type[Parsed], raw: Mapping[str, Any], where: str) -> Parsed:
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        field, expected, found = first_problem(error)
        raise InputError(f"{where}: '{field}': {expected}, found {found!r}") from error
