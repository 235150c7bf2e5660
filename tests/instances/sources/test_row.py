import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.errors import InputError
from repodojo.instances.sources.row import (
    COLUMNS,
    MOST_PATCH_CHARACTERS,
    SourceRow,
    applicable_patch,
    check_patch,
    parse_row,
    parse_rows,
    to_columns,
)
from repodojo.instances.sources.test_ids import cut_at_blank, is_cut, match_ids
from repodojo.instances.sources.test_lists import parse_names

PATCH = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-old\n+new\n"
LINK = "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n"
ROW = SourceRow("o__r-1", "o/r", "0" * 40, PATCH, "", "It breaks.")


def columns(**changes):
    return {**to_columns(ROW), **changes}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["a", "b"], ("a", "b")),
        ('["a", "b"]', ("a", "b")),
        ("['a', \"it's\"]", ("a", "it's")),
        ("['a' 'b'\n 'c d']", ("a", "b", "c d")),
        ("array(['a', 'b'], dtype=object)", ("a", "b")),
        ("[]", ()),
        ([], ()),
        ("null", None),
        (None, None),
        ("", None),
        (float("nan"), None),
    ],
)
def test_test_lists_come_in_many_shapes(value, expected):
    assert parse_names(value, "here") == expected


@pytest.mark.parametrize(
    "value", ["a b", "['a' ... 'z']", "{'a': 1}", '{"a": 1}', "['a'", [""], [None], 3, "f('a')"]
)
def test_what_is_no_list_of_names_is_refused(value):
    with pytest.raises(InputError, match=r"^here: expected "):
        parse_names(value, "here")


@given(st.lists(st.text(min_size=1), max_size=4))
def test_names_survive_json_and_python_text(names):
    assert parse_names(json.dumps(names), "here") == tuple(names)
    assert parse_names(repr(names), "here") == tuple(names)
    assert parse_names(
        repr(names).replace(", ", " ") if "," not in "".join(names) else names, "here"
    ) == tuple(names)


@given(st.text())
def test_any_text_is_names_or_an_error_that_says_where(text):
    try:
        found = parse_names(text, "here")
    except InputError as error:
        found = str(error)
    assert found is None or isinstance(found, tuple) or found.startswith("here: ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"patch": None}, "field 'patch': expected a text that is not empty, found None"),
        ({"repo": "r"}, "field 'repo': expected owner/repo, found 'r'"),
        ({"instance_id": "../x"}, "field 'instance_id': expected letters"),
        ({"base_commit": "main"}, "field 'base_commit': expected 7 to 64"),
        ({"FAIL_TO_PASS": 3}, "field 'FAIL_TO_PASS': expected a list"),
        ({"patch": "fix"}, "field 'patch': expected a git diff"),
        ({"patch": PATCH.replace("a.py", "../a.py")}, "field 'patch': .*not inside the repository"),
        ({"patch": PATCH.replace("a/a.py", "a//etc/passwd")}, "not inside the repository"),
        ({"patch": LINK}, "symbolic links"),
        ({"problem_statement": "\ud800"}, "field 'problem_statement': not_utf8"),
        ({"pull_number": "x"}, "field 'pull_number': expected a number"),
        ({"hints_text": []}, "field 'hints_text': expected text or null, found list"),
    ],
)  # fmt: skip
def test_a_malformed_row_says_field_and_finding(change, said):
    with pytest.raises(InputError, match=f"^here: .*{said}"):
        parse_row(columns(**change), "here")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*COLUMNS, "other"]), ANYTHING, max_size=4))
def test_any_row_is_read_or_refused_with_its_place(changes):
    for data in (changes, {**columns(), **changes}):
        try:
            row, said = parse_row(data, "here"), "here: "
        except InputError as error:
            row, said = None, str(error)
        assert said.startswith("here: ")
        assert row is None or parse_row(json.loads(json.dumps(to_columns(row))), "again") == row


@given(st.text(max_size=200) | st.text("ab+-@ /\n", max_size=200).map(lambda tail: PATCH + tail))
def test_any_patch_of_a_row_is_taken_or_refused_with_its_place(patch):
    said = "here: "
    try:
        check_patch(patch, "here")
    except InputError as error:
        said = str(error)
    assert said.startswith("here: ")


def test_a_missing_version_is_empty_and_numbers_become_text():
    data = columns(version=4.3, pull_number="12.0", issue_numbers=[7])
    row = parse_row(data, "here")
    assert (row.version, row.pull_number, row.issue_numbers) == ("4.3", 12, ("7",))
    del data["version"], data["hints_text"]
    assert parse_row(data, "here").version == ""


@pytest.mark.parametrize("version", [2, "v2", 0])
def test_a_row_of_another_schema_version_is_refused(version):
    """The column used to be dropped in silence, whatever it said."""
    with pytest.raises(InputError, match=f"^here: field 'schema_version': expected 1, found '{version}'"):
        parse_row(columns(schema_version=version), "here")
    assert parse_row(columns(schema_version=1), "here") == parse_row(columns(schema_version=None), "here")


def test_other_columns_are_kept():
    row = parse_row(columns(image="x:latest", scores=[1, {"a": None}]), "here")
    assert row.extra == {"image": "x:latest", "scores": [1, {"a": None}]}


def test_one_bad_row_harms_no_other():
    items = [
        ("1", columns()),
        ("2", columns(patch="")),
        ("3", columns()),
        ("4", 5),
        ("5", columns(instance_id="x")),
    ]
    found = parse_rows(items)
    assert [row.instance_id for row in found.rows] == ["o__r-1", "x"]
    assert [rejection.where for rejection in found.rejected] == ["2", "3", "4"]
    assert "duplicate" in found.rejected[1].reason


def test_a_huge_patch_is_refused_unread():
    with pytest.raises(InputError, match="patch_too_large: 50000000 characters"):
        check_patch(PATCH + "+" * (50_000_000 - len(PATCH)), "here")
    check_patch(PATCH + "+" * (MOST_PATCH_CHARACTERS - len(PATCH)), "here")


@pytest.mark.parametrize(("content", "converted"), [("old\n", False), ("old\n", True), ("old\r\n", False)])
def test_git_applies_a_patch_with_carriage_returns(repository, content, converted):
    """Converted as a whole, git looked for the file 'a.py\\r'; the file's own carriage returns stay."""
    repository.commit("base", {"a.py": content})
    (repository.root / "a.py").write_text(content.replace("old", "new"), newline="")
    patch = subprocess.run(
        ["git", "diff"], cwd=repository.root, capture_output=True, check=True
    ).stdout.decode()
    repository.git("checkout", "--quiet", "--", "a.py")
    patch = patch.replace("\n", "\r\n") if converted else patch
    (repository.root.parent / "p").write_text(applicable_patch(patch), newline="")
    subprocess.run(["git", "apply", "../p"], cwd=repository.root, check=True)
    assert (repository.root / "a.py").read_bytes() == content.replace("old", "new").encode()


def test_cut_ids_stand_for_what_was_seen():
    seen = ["t.py::a[x y]", "t.py::a[x z]", "t.py::b", "t.py::c[1]"]
    found = match_ids(["t.py::a[x", "t.py::b", "t.py::c[1]", "t.py::d"], seen)
    assert found.seen["t.py::a[x"] == ("t.py::a[x y]", "t.py::a[x z]")
    assert found.seen["t.py::b"] == ("t.py::b",)
    assert found.missing == ("t.py::d",)
    assert [is_cut(name) for name in ("t.py::a[x", "t.py::a[x]", "t.py::a")] == [True, False, False]


@given(st.lists(st.text(min_size=1).filter(str.strip)))
def test_every_seen_id_is_found_whole_and_cut(seen):
    assert match_ids(seen, seen).missing == ()
    assert match_ids([cut_at_blank(name) for name in seen], seen).missing == ()


def test_ids_as_unittest_prints_them_stand_for_methods():
    seen = ["tests/admin/tests.py::Some::test_it", "tests/admin/test_b.py::Some::test_it[x]", "a.py::test_it"]
    found = match_ids(
        ["test_it (admin.tests.Some)", "test_it (admin.tests.Some.test_it)", "Says what."], seen
    )
    assert found.seen["test_it (admin.tests.Some)"] == (seen[0],)
    assert found.seen["test_it (admin.tests.Some.test_it)"] == (seen[0],)
    assert found.missing == ("Says what.",)
