from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.errors import InputError, SourceError
from repodojo.instances.sources.clone_pulls import PUBLISHED_RULES, PullRules
from repodojo.instances.sources.files import write_rows
from repodojo.instances.sources.harbor_tasks import write_harbor_tasks
from repodojo.instances.sources.hub import PUBLISHED_SETS, HubSet
from repodojo.instances.sources.row import SourceRow
from repodojo.instances.sources.sets import GitHubPulls, is_set, parse_sources, read_set, read_sources
from repodojo.instances.sources.swebench_tasks import write_task_repository

from .hub_server import REVISION

PATCH = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-old\n+new\n"
ROWS = [
    SourceRow(f"o__r-{number}", "o/r", "0" * 40, PATCH, PATCH.replace("a.py", "test_a.py"), "It breaks.")
    for number in (1, 2)
]
WRITERS = {
    "rows.jsonl": write_rows,
    "rows.json": write_rows,
    "rows.parquet": write_rows,
    "rows.csv": write_rows,
    "harbor": write_harbor_tasks,
    "swebench": lambda rows, root: write_task_repository(rows, root, "o/set"),
}


def pulls(recorded, **more):
    return parse_sources([{"github": "o/r", "api": recorded.url, **more}], "rows")


@pytest.mark.parametrize("name", WRITERS)
def test_what_a_set_is_is_told_by_what_is_there(tmp_path, name):
    WRITERS[name](ROWS, tmp_path / name)
    assert is_set(tmp_path / name)
    assert read_set(tmp_path / name) == (ROWS, [])
    found = read_sources(parse_sources([{"path": str(tmp_path / name)}], "rows"), tmp_path / "cache")
    assert found == (ROWS, [])
    assert not (tmp_path / "cache").exists()


def test_one_harbor_task_is_a_set_too(tmp_path):
    write_harbor_tasks(ROWS, tmp_path)
    assert read_set(tmp_path / "o__r-2").rows == [ROWS[1]]


@pytest.mark.parametrize(
    ("name", "found"), [("gone", "nothing"), ("empty", "a folder that holds"), ("a.txt", "another file")]
)
def test_what_is_no_set_says_what_is_expected(tmp_path, name, found):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.txt").write_text("a")
    assert not is_set(tmp_path / name)
    with pytest.raises(InputError, match=rf"{name}: expected a file that ends in \.jsonl.*, found {found}"):
        read_set(tmp_path / name)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("x", "rows, source 1: expected an object with one of path, hub, github, found 'x'"),
        ({}, "source 1: expected an object with one of path, hub, github, found {}"),
        ({"path": "a", "hub": "b"}, "expected an object with one of path, hub, github"),
        ({"path": "a", "split": "test"}, r"field 'split': Unknown field \(expected one of: path\)"),
        ({"hub": "swe-gym", "revision": "main"}, "field 'revision': expected pattern"),
        (
            {"hub": "swe-gim", "revision": REVISION},
            "field 'hub': .*one of swe-bench-train, .*found 'swe-gim'",
        ),
        (
            {"hub": "swe-gym", "revision": REVISION, "split": "test"},
            "field 'hub': .*a split already, .* found 'swe-gym'",
        ),
        ({"github": "requests"}, "field 'github': expected pattern .*found 'requests'"),
        ({"github": "o/r", "before": "soon"}, "field 'before': "),
        ({"github": "o/r", "links": "all"}, "field 'links': expected 'published' or 'every'"),
    ],
)
def test_a_malformed_source_is_named(given, said):
    with pytest.raises(InputError, match=said):
        parse_sources([given], "rows")


@pytest.mark.parametrize("name", ["../../etc", "/etc/passwd", "a/..", "a/.", "../a", "a/b/c", "a/b\n", ".."])
def test_a_repository_that_no_place_has_used_to_be_asked_for(name):
    """The address of ``a/..`` was another one; the hub's library ended in a traceback."""
    with pytest.raises(InputError, match="rows, source 1: field 'github': expected pattern"):
        parse_sources([{"github": name}], "rows")
    with pytest.raises(InputError, match=r"rows, source 1: field 'hub': expected one of .* or owner/name"):
        parse_sources([{"hub": name, "revision": REVISION, "split": "test"}], "rows")


@pytest.mark.parametrize(
    "api",
    ["", "file:///etc", "http://[::1", "http://", "http:///a", "api.github.com", "http://a\n", "http://a?b"],
)
def test_an_api_without_an_address_used_to_end_in_a_traceback(api):
    with pytest.raises(InputError, match=r"field 'api': expected an address such as https://api\.github"):
        parse_sources([{"github": "o/r", "api": api}], "rows")


@pytest.mark.parametrize("given", [None, 3, "x", {"path": "a"}])
def test_what_is_no_list_of_sources_used_to_end_in_a_traceback(given):
    with pytest.raises(InputError, match=r"rows: expected a list of sources, \[\] where there are none"):
        parse_sources(given, "rows")


def test_sources_are_named_as_published_or_in_full():
    revision = {"revision": REVISION}
    known, other = parse_sources(
        [{"hub": "swe-bench-verified", **revision}, {"hub": "o/set", "split": "test", **revision}], "rows"
    )
    assert known.place == PUBLISHED_SETS["swe-bench-verified"]
    assert other.place == HubSet("o/set", "test")
    usual, chosen = parse_sources(
        [{"github": "o/r"}, {"github": "o/r", "before": "2023-07-01", "links": "every", "python_only": True}],
        "rows",
    )
    assert usual.rules == PUBLISHED_RULES
    assert chosen.rules == PullRules("every", require_issue=True, python_only=True)
    assert chosen.before == date(2023, 7, 1)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), st.lists, max_leaves=3
)
_NAMES = st.sampled_from(["path", "hub", "github", "revision", "split", "before", "links", "api", "x"])


@given(st.lists(_VALUES | st.dictionaries(_NAMES, _VALUES, max_size=4), max_size=3))
def test_whatever_is_written_is_sources_or_one_clear_error(given):
    said = ""
    try:
        assert len(parse_sources(given, "rows")) == len(given)
    except InputError as error:
        said = str(error)
    assert not said or said.startswith("rows, source ")


def test_pull_requests_are_read_by_the_chosen_rules_and_kept(recorded, tmp_path):
    found = read_sources(pulls(recorded), tmp_path)
    assert [row.pull_number for row in found.rows] == [1, 5]
    assert len(found.rejected) == 4
    asked = len(recorded.asked)
    every = read_sources(pulls(recorded, links="every", require_tests=False), tmp_path)
    assert [row.issue_numbers for row in every.rows] == [("7",), ("7",), ("8", "7")]
    assert read_sources(pulls(recorded), tmp_path) == found
    eight = "/repos/o/r/issues/8"
    assert {path for path, _, _ in recorded.asked[asked:]} == {eight, f"{eight}/comments?per_page=100"}


def test_another_day_asks_anew_for_a_list_that_has_grown(recorded, tmp_path):
    """A kept last page would hide what came after it for ever."""
    listed = recorded.lists["/repos/o/r/pulls"]
    late = listed.pop()
    assert len(read_sources(pulls(recorded, before="2023-02-01"), tmp_path).rejected) == 3
    listed.append(late)
    assert len(read_sources(pulls(recorded, before="2023-02-01"), tmp_path).rejected) == 3
    assert len(read_sources(pulls(recorded, before="2023-02-02"), tmp_path).rejected) == 4
    one = read_sources(pulls(recorded, before="2023-01-02"), tmp_path)
    assert ([row.pull_number for row in one.rows], one.rejected) == ([1], [])


def test_a_repository_that_github_does_not_show_used_to_have_no_pull_requests(recorded, tmp_path):
    """It gave nothing at all; nor may the answer stay, for a token may change it."""
    listed = recorded.lists.pop("/repos/o/r/pulls")
    with pytest.raises(SourceError, match="404: GitHub has no such list, or no token may see it; see GITHUB"):
        read_sources(pulls(recorded), tmp_path)
    recorded.lists["/repos/o/r/pulls"] = listed
    assert len(read_sources(pulls(recorded), tmp_path).rows) == 2


def test_a_row_that_two_sources_have_is_kept_once_and_listed(tmp_path):
    write_rows(ROWS, tmp_path / "a.jsonl")
    write_harbor_tasks(ROWS[:1], tmp_path / "b")
    sources = parse_sources([{"path": str(tmp_path / name)} for name in ("a.jsonl", "b")], "rows")
    found = read_sources(sources, tmp_path)
    assert found.rows == ROWS
    (again,) = found.rejected
    assert (again.instance_id, again.reason) == ("o__r-1", "duplicate: an earlier source has it")


def test_the_usual_rules_are_those_of_the_published_set():
    assert GitHubPulls(github="o/r").model_dump(mode="json") == {
        "github": "o/r",
        "before": None,
        "links": "published",
        "require_issue": True,
        "require_tests": True,
        "tests": "contains",
        "python_only": False,
        "api": "https://api.github.com",
    }
