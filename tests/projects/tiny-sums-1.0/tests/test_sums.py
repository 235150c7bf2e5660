import sums


def test_clip():
    assert sums.clip(5, 1, 10) == 5
    assert sums.clip(0, 1, 10) == 1
    assert sums.clip(11, 1, 10) == 10


def test_mean():
    assert sums.mean([1, 2, 3]) == 2
    assert sums.mean([]) == 0


def test_largest_gap():
    assert sums.largest_gap([1, 2, 5, 6]) == 3
    assert sums.largest_gap([4]) == 0


def test_count_above():
    assert sums.count_above([5, 10, 11, 12]) == 2
    assert sums.count_above([1, 2, 3], 1) == 2
