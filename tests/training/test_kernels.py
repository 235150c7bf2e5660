"""Fused kernels are used where they are, and nothing fails where they are not."""

import pytest

from repodojo.training.kernels import LIGER, Kernels, choose_kernels, kernels_here

ALL = {"flash_attention_2": True, "flash_attention_3": True, LIGER: True}


@pytest.mark.parametrize(
    ("on_gpu", "absent", "chosen"),
    [
        (True, (), Kernels("flash_attention_3", True)),
        (True, ("flash_attention_3",), Kernels("flash_attention_2", True)),
        (True, ("flash_attention_2", LIGER), Kernels("flash_attention_3", False)),
        (True, tuple(ALL), Kernels(None, False)),
        (False, (), Kernels(None, False)),
    ],
)
def test_the_fastest_kernels_that_are_installed_are_used(
    on_gpu: bool, absent: tuple[str, ...], chosen: Kernels
) -> None:
    assert choose_kernels(on_gpu, ALL | dict.fromkeys(absent, False)) == chosen


def test_a_machine_without_a_gpu_trains_without_them() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    assert kernels_here() == Kernels(None, False)
