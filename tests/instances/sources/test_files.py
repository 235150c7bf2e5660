import csv
import json
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.errors import InputError
from repodojo.instances.sources.files import read_rows, write_rows
from repodojo.instances.sources.row import SourceRow, to_columns

from .drawn import rows

SUFFIXES = (".jsonl", ".json", ".parquet", ".csv")
PATCH = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-old\n+new\n"
ROW = SourceRow("o__r-1", "o/r", "0" * 40, PATCH, PATCH, "It breaks.", FAIL_TO_PASS=("a",))


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(drawn=st.tuples(rows(1), rows(2)))
def test_every_file_format_gives_back_what_it_got(suffix, drawn):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"rows{suffix}"
        write_rows(drawn, path)
        assert read_rows(path) == (list(drawn), [])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_rows_are_written_and_read(tmp_path, suffix):
    write_rows([], tmp_path / f"rows{suffix}")
    assert read_rows(tmp_path / f"rows{suffix}") == ([], [])


def test_torn_lines_are_listed_and_the_rest_is_kept(tmp_path):
    path = tmp_path / "rows.jsonl"
    good = json.dumps(to_columns(ROW)).encode()
    path.write_bytes(good[:40] + b"\n\n" + good + b"\r\n\xff\xfe\n[1]\n")
    found = read_rows(path)
    assert found.rows == [ROW]
    assert [rejection.where for rejection in found.rejected] == [f"{path}, row {n}" for n in (1, 4, 5)]


def test_a_table_of_numpy_lists_and_dates_is_read(tmp_path):
    columns = {**to_columns(ROW), "created_at": None, "issue_numbers": ["7"], "score": 0.5}
    pq.write_table(pa.Table.from_pylist([columns, {**columns, "instance_id": None}]), tmp_path / "x.parquet")
    found = read_rows(tmp_path / "x.parquet")
    assert found.rows[0].FAIL_TO_PASS == ("a",)
    assert found.rows[0].extra == {"score": 0.5}
    assert "field 'instance_id'" in found.rejected[0].reason


def test_a_csv_line_with_missing_cells_is_listed(tmp_path):
    path = tmp_path / "x.csv"
    write_rows([ROW], path)
    path.write_bytes(path.read_bytes() + b'"torn","o/r"\n')
    found = read_rows(path)
    assert found.rows == [ROW]
    assert "expected 13 cells, found 2" in found.rejected[0].reason


def test_a_csv_cell_may_be_large_and_the_limit_of_others_stays(tmp_path):
    before = csv.field_size_limit()
    large = SourceRow("o__r-1", "o/r", "0" * 40, PATCH, PATCH, "word " * 100_000)
    write_rows([large], tmp_path / "x.csv")
    assert read_rows(tmp_path / "x.csv").rows == [large]
    assert csv.field_size_limit() == before


def test_an_object_of_rows_by_id_is_read(tmp_path):
    (tmp_path / "x.json").write_text(json.dumps({"o__r-1": to_columns(ROW)}))
    assert read_rows(tmp_path / "x.json").rows == [ROW]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.txt", b"", "expected a file that ends in .jsonl, .json, .parquet, .csv"),
        ("x.json", b"{", "expected JSON, found"),
        ("x.json", b"3", "expected a list of objects, found int"),
        ("x.parquet", b"PAR1", "not a readable parquet file"),
    ],
)
def test_an_unreadable_file_is_an_error(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_rows(tmp_path / name)


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_rows(tmp_path / "x.csv")
