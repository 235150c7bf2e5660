from importlib import import_module

import pytest

LOGITS = [[1.0, 3.0, 2.0, -1.0]]


@pytest.fixture
def torch():
    """Imported when a test runs: collecting the tests must not load it."""
    return import_module("torch")


@pytest.fixture
def draw():
    return import_module("repodojo.policies.local_sampling").draw


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_evenly_spread_numbers_draw_each_token_as_often_as_softmax_says(torch, draw, temperature: float):
    count = 4_000
    logits = torch.tensor(LOGITS)
    points = [(i + 0.5) / count for i in range(count)]
    tokens = draw(logits.expand(count, -1), [temperature] * count, points)
    shares = torch.bincount(torch.tensor(tokens), minlength=4) / count
    assert torch.allclose(shares, torch.softmax(logits[0] / temperature, -1), atol=1 / count)


def test_temperature_0_takes_the_likeliest_beside_warm_rows(torch, draw):
    rows = torch.tensor(LOGITS).expand(3, -1)
    assert draw(rows, [0.0, 1.0, 0.0], [0.999, 0.999999, 0.0]) == [1, 3, 1]


def test_the_largest_number_draws_a_token_that_exists(torch, draw):
    assert draw(torch.zeros(1, 7), [1.0], [1.0 - 2**-53]) == [6]


def test_no_row_is_no_token(torch, draw):
    assert draw(torch.zeros(0, 7), [], []) == []
