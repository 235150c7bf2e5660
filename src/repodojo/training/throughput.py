"""How fast a training goes: tokens a second, what share of the devices' arithmetic that is, and memory. Pure.

Model FLOPs utilisation (Chowdhery et al. 2022, arXiv 2204.02311, appendix B) counts what a step cannot do
without: causal attention at half, and nothing that gradient checkpointing computes again.
"""

from collections.abc import Iterable
from typing import NamedTuple

PEAKS = {
    "H100 PCIe": 756e12,
    "H100 NVL": 835e12,
    "H100": 989e12,
    "H200": 989e12,
    "A100": 312e12,
    "L40S": 362e12,
    "B200": 2250e12,
}
"""Dense bfloat16 FLOP/s of one device by a part of its name, as the vendor gives them; the first counts."""


class ModelSize(NamedTuple):
    """What decides the arithmetic of a token."""

    trained: int
    """Weights with a gradient, but those of a table of embeddings that is only looked up."""
    frozen: int
    """Weights without one: the gradient goes through them, none is made for them."""
    layers: int
    width: int
    """Of attention: heads times the width of a head."""


def token_flops(size: ModelSize, length: float) -> float:
    """Return the FLOPs of training on one token of a sample of ``length`` tokens."""
    return 6 * size.trained + 4 * size.frozen + 6 * size.layers * size.width * length


def mean_length(lengths: Iterable[int]) -> float:
    """Return the length of the sample that a token is of, on average over tokens; 0 without any."""
    listed = list(lengths)
    return sum(length**2 for length in listed) / (sum(listed) or 1)


def utilisation(tokens_per_second: float, flops: float, device: str, devices: int) -> float | None:
    """Return the share of the devices' peak; None for a device whose peak is not listed."""
    peak = next((value for name, value in PEAKS.items() if name in device), None)
    return None if peak is None else tokens_per_second * flops / (peak * devices)
