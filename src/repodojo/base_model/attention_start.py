"""Initial weights from which copying is learnt in some hundred steps instead of several thousand.

A model copies with two layers: the first says what stood just before each token, the second looks for places
that were preceded by the current token and takes what stands there (induction heads, Olsson et al. 2022,
arXiv 2209.11895). A small model meets this solution late or never. Here the first two layers start
close to it, the other weights as usual; all of them are trained.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from transformers import Qwen2ForCausalLM

_SHARPNESS = 6.0
"""By how much the logit of the wanted distance exceeds that of the next one."""
_EMBEDDING_STD = 0.05
_STILL = 1.2e-3
"""Radians a token under which a pair of dimensions is the same near and far."""
_QUERY_GAIN, _KEY_GAIN = 2.2, 2.8
_BEFORE_GAIN, _COPY_GAIN = 0.08, 0.16
_LOOKING_BACK = 3
"""Heads of the first layer that look 1, 2 and 3 tokens back; as many of the second compare and copy."""


class _Directions(NamedTuple):
    """What the two layers agree on."""

    pace: Tensor
    """Radians a token by which rotary embeddings turn each pair of dimensions of a head."""
    seen: Tensor
    """The projection ``[head size, width]`` of a token that is noted."""
    before: list[Tensor]
    """For each distance back, the directions ``[width, head size]`` that hold the note."""


@torch.no_grad()
def start_with_copying(model: Qwen2ForCausalLM, seed: int) -> None:
    """Set the embeddings and the attention of the first two layers in place."""
    width, heads = model.config.hidden_size, model.config.num_attention_heads
    size = width // heads
    generator = torch.Generator().manual_seed(seed)
    embeddings = model.model.embed_tokens.weight
    embeddings.copy_(torch.randn(embeddings.shape, generator=generator) * _EMBEDDING_STD)
    places = _orthonormal(width, width, generator)
    directions = _Directions(
        pace=model.config.rope_parameters["rope_theta"] ** (-torch.arange(0, size, 2).float() / size),
        before=[places[:, head * size : (head + 1) * size] for head in range(heads)],
        seen=_orthonormal(size, width, generator),
    )
    for head in range(min(_LOOKING_BACK, heads)):
        rows = slice(head * size, (head + 1) * size)
        _look_back(model.model.layers[0].self_attn, rows, head + 1, directions)
        taken = _orthonormal(size, width, generator)
        _compare_and_copy(model.model.layers[1].self_attn, rows, directions, taken)


def _orthonormal(rows: int, columns: int, generator: torch.Generator) -> Tensor:
    square = torch.randn(max(rows, columns), min(rows, columns), generator=generator)
    basis: Tensor = torch.linalg.qr(square)[0]
    return basis if rows >= columns else basis.T


def _look_back(attention: Any, rows: slice, distance: int, directions: _Directions) -> None:
    """Make a head attend to the token ``distance`` back, and note what it sees in a place of its own.

    The biases alone decide: the logit is ``sum(cos((difference - distance) * pace))`` times the strength.
    """
    pace, seen, before = directions
    size = seen.shape[0]
    strength = _SHARPNESS / ((1 - torch.cos(pace)).sum() * size**-0.5)
    for projection in (attention.q_proj, attention.k_proj):
        projection.weight[rows] *= 0.2
    turned = torch.cat([torch.cos(pace * distance), -torch.sin(pace * distance)])
    attention.q_proj.bias[rows] = turned * strength**0.5
    attention.k_proj.bias[rows] = torch.cat([torch.ones_like(pace), torch.zeros_like(pace)]) * strength**0.5
    attention.v_proj.weight[rows] = seen
    attention.o_proj.weight[:, rows] = before[distance - 1] * _BEFORE_GAIN


def _compare_and_copy(attention: Any, rows: slice, directions: _Directions, taken: Tensor) -> None:
    """Make a head attend to where the current tokens stood before the key, and copy what stands there.

    The first head compares the current token alone, the others half of it and half of the one before it.
    """
    pace, seen, before = directions
    size, head = seen.shape[0], rows.start // seen.shape[0]
    still = [i for i in range(size // 2) if pace[i] < _STILL]
    dimensions = torch.tensor([*still, *(i + size // 2 for i in still)]) + rows.start
    half = len(dimensions) // 2 if head else len(dimensions)
    part = slice(0, half) if head < 2 else slice(size - half, size)
    rest = len(dimensions) - half
    query = torch.cat([seen[part], before[0].T[:rest]])
    key = torch.cat([before[0].T[part], before[1].T[:rest]])
    for projection in (attention.q_proj, attention.k_proj):
        projection.weight[rows] *= 0.2
    attention.q_proj.weight[dimensions] = query * _QUERY_GAIN
    attention.k_proj.weight[dimensions] = key * _KEY_GAIN
    attention.v_proj.weight[rows] = taken
    attention.o_proj.weight[:, rows] = taken.T * _COPY_GAIN
