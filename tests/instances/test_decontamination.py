from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.instances.decontamination import (
    changed_lines_digest,
    decontaminate,
    find_contamination,
    index_evaluation,
    shingle_text,
)
from repodojo.instances.sources.row import SourceRow

PATCH = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,3 @@\n x\n-    old()\n+    new()\n y\n"
MOVED = "diff --git a/z.py b/z.py\n--- a/z.py\n+++ b/z.py\n@@ -9 +9 @@ def g():\n-\told()\n+\tnew() \n+\n"
ISSUE = "The parser drops the last row of a table when the file has no line end at all."
HELD = SourceRow("o__r-1", "Owner/Repo", "a" * 40, PATCH, "", ISSUE)
OTHER = SourceRow(
    "p__q-2", "p/q", "b" * 40, PATCH.replace("new", "newer"), "", "Something else is broken now."
)
INDEX = index_evaluation([HELD])


@pytest.mark.parametrize(
    ("changes", "shared"),
    [
        ({}, []),
        ({"repo": "owner/repo"}, ["repository: o__r-1"]),
        ({"base_commit": "a" * 12}, ["commit: o__r-1"]),
        ({"patch": PATCH}, ["patch: o__r-1"]),
        ({"patch": MOVED}, ["patch: o__r-1"]),
        ({"patch": PATCH.replace("\n", "\r\n")}, ["patch: o__r-1"]),
        ({"problem_statement": ISSUE.upper() + " Thanks!"}, ["issue: o__r-1"]),
        ({"problem_statement": "The parser drops the last column."}, []),
        ({"repo": "owner/repo", "patch": PATCH}, ["repository: o__r-1", "patch: o__r-1"]),
    ],
)
def test_what_an_evaluation_set_holds_is_found(changes, shared):
    assert find_contamination(replace(OTHER, **changes), INDEX) == shared


def test_only_the_asked_traits_count():
    assert find_contamination(HELD, INDEX, ("commit", "issue")) == ["commit: o__r-1", "issue: o__r-1"]
    assert find_contamination(HELD, INDEX, ()) == []
    short = replace(OTHER, problem_statement=ISSUE.replace("table", "sheet"))
    assert find_contamination(short, INDEX, ("issue",), 0.9) == []
    assert find_contamination(short, INDEX, ("issue",), 0.3) == ["issue: o__r-1"]


def test_rows_are_kept_or_listed_with_their_reason():
    found = decontaminate([HELD, OTHER], INDEX)
    assert found.rows == [OTHER]
    (rejection,) = found.rejected
    assert rejection.instance_id == "o__r-1"
    assert rejection.reason.startswith("contaminated: repository: o__r-1, commit: ")
    assert decontaminate([HELD, OTHER], index_evaluation([])).rows == [HELD, OTHER]


def test_a_text_without_words_is_like_no_other():
    empty = replace(OTHER, problem_statement="???")
    assert shingle_text("???") == frozenset()
    assert find_contamination(empty, index_evaluation([replace(HELD, problem_statement="!")])) == []


@given(st.text(), st.text())
def test_any_texts_can_be_compared(patch, statement):
    row = replace(OTHER, patch=patch, problem_statement=statement)
    index = index_evaluation([HELD, row])
    assert changed_lines_digest(patch) == changed_lines_digest(patch)
    assert {"repository: p__q-2", "commit: p__q-2"} <= set(find_contamination(row, index))
