"""A few functions on numbers."""


def clip(value, low, high):
    """The value, kept between two bounds."""
    if value < low:
        return low
    if value > high:
        return high
    return value


def mean(values):
    """The mean of some values; 0 of none."""
    if not values:
        return 0
    return sum(values) / len(values)


def largest_gap(values):
    """The largest difference between neighbours."""
    gaps = [b - a for a, b in zip(values, values[1:])]
    return max(gaps) if gaps else 0


def count_above(values, limit=10):
    """How many values are above the limit."""
    return len([value for value in values if value > limit])
