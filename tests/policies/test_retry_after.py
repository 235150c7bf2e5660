from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.policies.retry_after import read_retry_after

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)


@given(st.integers(0, 10_000))
def test_seconds_are_read(seconds: int):
    assert read_retry_after({"retry-after": f" {seconds} "}, NOW) == seconds


@given(st.integers(-5_000, 5_000))
def test_a_date_is_read_as_the_time_until_then_and_never_negative(seconds: int):
    moment = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert read_retry_after({"retry-after": moment}, NOW) == max(0, seconds)


@given(st.text(max_size=20))
def test_any_text_is_a_pause_or_none(text: str):
    pause = read_retry_after({"retry-after": text}, NOW)
    assert pause is None or pause >= 0


@pytest.mark.parametrize("headers", [{}, {"retry-after": ""}, {"retry-after": "soon"}, {"retry-after": "-3"}])
def test_nothing_readable_is_none(headers: dict[str, str]):
    assert read_retry_after(headers, NOW) is None
