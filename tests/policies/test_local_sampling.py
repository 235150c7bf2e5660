import pytest
import torch

from repodojo.policies.local_sampling import draw

LOGITS = torch.tensor([[1.0, 3.0, 2.0, -1.0]])


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_evenly_spread_numbers_draw_each_token_as_often_as_softmax_says(temperature: float):
    count = 4_000
    points = [(i + 0.5) / count for i in range(count)]
    tokens = draw(LOGITS.expand(count, -1), [temperature] * count, points)
    shares = torch.bincount(torch.tensor(tokens), minlength=4) / count
    assert torch.allclose(shares, torch.softmax(LOGITS[0] / temperature, -1), atol=1 / count)


def test_temperature_0_takes_the_likeliest_beside_warm_rows():
    rows = LOGITS.expand(3, -1)
    assert draw(rows, [0.0, 1.0, 0.0], [0.999, 0.999999, 0.0]) == [1, 3, 1]


def test_the_largest_number_draws_a_token_that_exists():
    assert draw(torch.zeros(1, 7), [1.0], [1.0 - 2**-53]) == [6]


def test_no_row_is_no_token():
    assert draw(torch.zeros(0, 7), [], []) == []
