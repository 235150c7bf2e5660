from repodojo.instances.row_statistics import describe_rows
from repodojo.instances.sources.row import SourceRow
from repodojo.reporting.instance_sets import SetTraits, compare_sets, describe_sets, draw_repositories

PATCH = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n+y\n"
ROWS = [
    SourceRow(f"o__r-{n}", f"o/r{n % 2}", "0" * 40, PATCH, "", "three words here", FAIL_TO_PASS=("t",))
    for n in range(5)
]


def test_any_set_stands_beside_the_published_ones():
    table = describe_sets({"mine": describe_rows(ROWS), "none": describe_rows([])})
    assert [row.origin for row in table.rows] == ["this run"] * 2 + ["published"] * 4
    mine = dict(zip(table.columns, table.rows[0].cells, strict=True))
    assert (mine["set"], mine["instances"], mine["repositories"]) == ("mine", "5", "2")
    assert (mine["issue length, words"], mine["gold patch: lines edited"]) == ("3.0", "2.0")
    assert mine["non-test files"] == "undefined"
    swe_gym = dict(zip(table.columns, table.rows[2].cells, strict=True))
    assert (swe_gym["set"], swe_gym["instances"], swe_gym["non-test lines"]) == (
        "SWE-Gym",
        "2,438",
        "340,675.0",
    )


def test_what_sets_are_is_compared():
    table = compare_sets({"mine": SetTraits(True, False, 5, 3)})
    assert table.rows[0].cells == ("mine", "yes", "yes", "no", "5", "3")
    assert len(table.rows) == 10


def test_repositories_are_drawn():
    drawn = draw_repositories(ROWS)
    assert drawn.startswith("<svg")
    assert "o/r1" in drawn
    assert drawn == draw_repositories(ROWS)
