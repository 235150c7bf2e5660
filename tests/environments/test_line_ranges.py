from hypothesis import given
from hypothesis import strategies as st

from repodojo.environments.line_ranges import decode_lines, encode_lines


def test_runs_of_lines_are_ranges():
    assert encode_lines([9, 3, 4, 5, 12]) == "3-5,9,12"
    assert encode_lines([]) == ""


@given(st.sets(st.integers(1, 300)))
def test_what_is_written_reads_back(lines: set[int]):
    assert decode_lines(encode_lines(lines)) == lines
