"""Child process: draw tokens from logits."""

from collections.abc import Sequence

import torch


def draw(logits: torch.Tensor, temperatures: Sequence[float], points: Sequence[float]) -> list[int]:
    """Draw a token for each row of ``[row, token]`` by a number in [0, 1); the likeliest at temperature 0."""
    tokens: list[int] = logits.argmax(-1).tolist()
    warm = [row for row, temperature in enumerate(temperatures) if temperature > 0]
    if warm:
        scale = torch.tensor([temperatures[row] for row in warm], dtype=torch.float64)[:, None]
        cumulative = torch.softmax(logits[warm].double() / scale, -1).cumsum(-1)
        at = torch.tensor([points[row] for row in warm], dtype=torch.float64)[:, None] * cumulative[:, -1:]
        drawn = torch.searchsorted(cumulative, at, right=True)[:, 0].clamp_max(logits.shape[-1] - 1)
        for row, token in zip(warm, drawn.tolist(), strict=True):
            tokens[row] = token
    return tokens
