"""Saved evaluations graded again; the logs are built here, in the layouts that harnesses use."""

import json
from pathlib import Path

import pytest

from repodojo.errors import InputError
from repodojo.grading.regrade import SavedLog, find_logs, grade_log, main
from repodojo.grading.saved_logs import END, START
from repodojo.instances.sources.row import parse_row
from repodojo.types import Verdict, from_json

ROW = {
    "instance_id": "owner__repo-1",
    "repo": "owner/repo",
    "base_commit": "0" * 40,
    "patch": "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n+b\n",
    "problem_statement": "It fails.",
    "FAIL_TO_PASS": '["t.py::test_x"]',
    "PASS_TO_PASS": '["t.py::test_y"]',
    "log_parser": "parse_log_pytest",
}
PASSED = f"{START}\nPASSED t.py::test_x\nSKIPPED t.py::test_y\n{END}\n"


@pytest.fixture
def row():
    return parse_row(ROW, "row")


def test_a_log_is_judged_by_the_rule_that_is_named(row):
    saved = SavedLog("owner__repo-1", "owner__repo-1.0", PASSED, "a patch")
    verdict = grade_log(saved, row, "swebench", "parse_log_pytest")
    assert (verdict.outcome, verdict.cause, verdict.rollout_id) == ("resolved", "tests", "owner__repo-1.0")
    assert grade_log(saved, row, "strict", "parse_log_pytest").failed_tests == ("t.py::test_y",)
    assert grade_log(saved, row, "swegym", "parse_log_pytest").cause == "no_test_output"


@pytest.mark.parametrize(
    ("text", "patch", "outcome", "cause"),
    [
        (PASSED, " \n", "unresolved", "empty_patch"),
        (PASSED.replace(END, ""), None, "not_measured", "cut_test_output"),
        (PASSED + ">>>>> Patch Apply Failed", "a patch", "unresolved", "patch_does_not_apply"),
    ],
)
def test_three_outcomes(row, text, patch, outcome, cause):
    verdict = grade_log(SavedLog("owner__repo-1", "r", text, patch), row)
    assert (verdict.outcome, verdict.cause) == (outcome, cause)


def test_a_log_without_tests_proves_nothing_of_an_instance_without_tests():
    row = parse_row({**ROW, "FAIL_TO_PASS": "[]", "PASS_TO_PASS": "[]"}, "row")
    verdict = grade_log(SavedLog("owner__repo-1", "r", f"{START}\nnothing ran\n{END}\n"), row)
    assert verdict.outcome != "resolved"


def test_logs_are_found_in_the_layouts_of_both_harnesses(tmp_path):
    for run in ("run__owner__repo-1", "owner__repo-12"):
        (tmp_path / run).mkdir()
        (tmp_path / run / "test_output.txt").write_text(run)
    (tmp_path / "run__owner__repo-1" / "patch.diff").write_text("a patch")
    (tmp_path / "owner__repo-1.a-model.eval.log").write_text("old")
    found = list(find_logs(tmp_path, ["owner__repo-1", "owner__repo-12"]))
    assert [(each.rollout_id, each.text, each.patch) for each in found] == [
        ("owner__repo-1.0", "old", None),
        ("owner__repo-12.0", "owner__repo-12", None),
        ("owner__repo-1.1", "run__owner__repo-1", "a patch"),
    ]


def test_a_log_of_an_unknown_instance_and_a_folder_without_logs_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"expected files test_output.txt or \*.eval.log"):
        list(find_logs(tmp_path, ["owner__repo-1"]))
    (tmp_path / "other__repo-1.m.eval.log").write_text("")
    with pytest.raises(InputError, match="expected the log of one of 1 instances, found 'other__repo-1"):
        list(find_logs(tmp_path, ["owner__repo-1"]))


def test_the_command_prints_a_verdict_for_each_log(tmp_path, capsys):
    (tmp_path / "owner__repo-1").mkdir()
    (tmp_path / "owner__repo-1" / "test_output.txt").write_text(PASSED)
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps(ROW) + "\n")
    main([str(tmp_path), str(rows)])
    printed = capsys.readouterr()
    assert from_json(Verdict, json.loads(printed.out)).resolved
    assert printed.err == "swebench: {'resolved': 1}\n"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (None, "rows.jsonl does not exist"),
        ('{"a": 1', "no row could be read"),
        ('{"instance_id": "a"}', "no row could be read"),
    ],
)
def test_bad_input_is_one_message(
    rows: str | None, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It used to end in a traceback."""
    file = tmp_path / "rows.jsonl"
    if rows is not None:
        file.write_text(rows)
    assert main([str(tmp_path), str(file)]) == 1
    said = capsys.readouterr().err
    assert told in said
    assert all(line.count(str(file)) <= 1 for line in said.splitlines())
