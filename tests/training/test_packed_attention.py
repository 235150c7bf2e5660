"""Attention within samples is the masked attention of the whole pack."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.integers(1, 40), min_size=1, max_size=12))
def test_lengths_are_read_from_positions(lengths: list[int]) -> None:
    import torch

    from repodojo.training.packed_attention import sample_lengths

    positions = torch.cat([torch.arange(length) for length in lengths])[None]
    assert sample_lengths(positions) == lengths


def test_several_rows_are_no_pack() -> None:
    import torch

    from repodojo.training.packed_attention import sample_lengths

    assert sample_lengths(torch.arange(7).expand(3, 7)) == [7]


def test_a_pack_is_read_as_under_the_mask(tiny_checkpoint: Path, tokenizer: Any) -> None:
    import torch

    from repodojo.policies.adapters import load_model
    from repodojo.training.packed_attention import NAME, attend_within_samples

    model = load_model(tiny_checkpoint)
    ids = torch.randint(len(tokenizer), (1, 90), generator=torch.Generator().manual_seed(0))
    positions = torch.cat([torch.arange(length) for length in (1, 50, 9, 30)])[None]
    with torch.no_grad():
        masked = model(input_ids=ids, position_ids=positions, use_cache=False).logits
        attend_within_samples(model)
        within = model(input_ids=ids, position_ids=positions, use_cache=False).logits
    assert model.config._attn_implementation == NAME
    torch.testing.assert_close(within, masked, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("attention", "kinds"), [("eager", None), ("sdpa", "sliding_attention")])
def test_a_model_that_attends_otherwise_is_left_as_it_is(
    attention: str, kinds: str | None, tiny_checkpoint: Path
) -> None:
    from repodojo.policies.adapters import load_model
    from repodojo.training.packed_attention import attend_within_samples

    model = load_model(tiny_checkpoint, attn_implementation=attention)
    if kinds:
        model.config.layer_types = [kinds, *model.config.layer_types[1:]]
    attend_within_samples(model)
    assert model.config._attn_implementation == attention
