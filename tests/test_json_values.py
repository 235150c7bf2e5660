"""What others wrote as JSON or in a table becomes values that can be held and written, or an error."""

from datetime import UTC, date, datetime

import pytest

from repodojo.errors import InputError
from repodojo.json_values import json_object, json_value, parse_json


def nested(depth):
    return [nested(depth - 1)] if depth else 0


def test_values_of_a_table_become_json_values():
    found = json_object(
        {"a": float("nan"), "b": date(2024, 1, 2), "c": datetime(2024, 1, 2, tzinfo=UTC), "d": ({"e": 1.5},)},
        "f, row 1",
    )
    assert found == {"a": None, "b": "2024-01-02", "c": "2024-01-02T00:00:00+00:00", "d": [{"e": 1.5}]}
    assert parse_json(b'{"a": NaN, "b": -Infinity}', "f") == {"a": None, "b": None}
    assert json_value(nested(100), "f") == nested(100)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"a": b"x"}, "f, row 1: field 'a': expected a JSON value, found bytes"),
        ({"a": {"b": "\ud800"}}, "f, row 1: field 'a': not_utf8: character 0 is a lone surrogate"),
        ({"\ud800": 1}, "f, row 1: not_utf8"),
        ({"a": nested(101)}, "f, row 1: field 'a': expected values nested at most 100 deep"),
        ([1], "f, row 1: expected an object, found list"),
    ],
)
def test_what_no_step_could_write_is_refused_with_its_place(value, told):
    with pytest.raises(InputError, match=told):
        json_object(value, "f, row 1")


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "1" * 5000, b"\xff\xfe{"])
def test_what_is_no_json_is_refused(text):
    """A number of too many digits and a list nested too deep each ended the import with another exception."""
    with pytest.raises(InputError, match="f: expected JSON, found"):
        parse_json(text, "f")
