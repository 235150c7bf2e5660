import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.datasets.jsonl import JSONLinesDataset
from repodojo.errors import InputError
from repodojo.types import Verdict, to_json

VERDICT = "repodojo.types.Verdict"
GOOD = Verdict("a__b-1.0", "a__b-1", "resolved", "tests", ("tests/t.py::x",))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=5))
def test_rows_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    """Line separators inside strings (U+2028, \\x85) do not split a row."""
    dataset = JSONLinesDataset(filepath=str(tmp_path_factory.mktemp("rows") / "x.jsonl"))
    dataset.save(rows)
    assert dataset.load() == rows


def test_records_come_back_as_records(tmp_path: Path) -> None:
    dataset = JSONLinesDataset(filepath=str(tmp_path / "x.jsonl"), record=VERDICT)
    dataset.save([GOOD, GOOD])
    assert dataset.load() == [GOOD, GOOD]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ('{"rollout_id": 1', r"row 3: expected a JSON object, found '\{"),
        ("[1, 2]", r"row 3: expected an object, found '\[1, 2\]'"),
        (json.dumps(to_json(GOOD) | {"outcome": "won"}), r"row 3: field 'outcome': .*found 'won'"),
        ('{"rollout_id": "x"}', r"row 3: field 'instance_id': expected among the fields"),
        ("\x00\xff", r"row 3: expected a JSON object"),
    ],
)
def test_a_malformed_row_is_named_by_file_row_and_field(tmp_path: Path, bad: str, told: str) -> None:
    file = tmp_path / "x.jsonl"
    good = json.dumps(to_json(GOOD))
    file.write_bytes("\n".join([good, "", bad, good]).encode("latin-1"))
    with pytest.raises(InputError, match=r"x\.jsonl, " + told):
        JSONLinesDataset(filepath=str(file), record=VERDICT).load()


def test_malformed_rows_are_listed_and_the_rest_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    good = json.dumps(to_json(GOOD))
    file.write_text("\n".join([good, "{", good, '{"a": 1}']))
    dataset = JSONLinesDataset(filepath=str(file), record=VERDICT, rejected="rejected.jsonl")
    assert dataset.load() == [GOOD, GOOD]
    rejected = [json.loads(line) for line in (tmp_path / "rejected.jsonl").read_text().splitlines()]
    assert [row["row"] for row in rejected] == [2, 4]
    assert "field 'a': Unknown field" in rejected[1]["reason"]
    assert rejected[1]["text"] == '{"a": 1}'


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.jsonl does not exist"):
        JSONLinesDataset(filepath=str(tmp_path / "gone.jsonl")).load()


def test_an_unknown_record_type_is_named(tmp_path: Path) -> None:
    dataset = JSONLinesDataset(filepath=str(tmp_path / "x.jsonl"), record="repodojo.types.Verdikt")
    with pytest.raises(InputError, match=r"'repodojo\.types\.Verdikt' names nothing"):
        dataset.save([GOOD])


def test_a_missing_file_says_what_to_do_about_it(tmp_path: Path) -> None:
    dataset = JSONLinesDataset(filepath=str(tmp_path / "x.jsonl"), advice="name another file")
    with pytest.raises(InputError, match=r"x.jsonl does not exist; .* on each line; name another file$"):
        dataset.load()
