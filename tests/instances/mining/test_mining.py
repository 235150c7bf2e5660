from dataclasses import replace
from pathlib import Path

import pytest

from repodojo.environments.git_objects import Blob
from repodojo.environments.recipes.environment import Builder
from repodojo.environments.recipes.folders import Folders
from repodojo.environments.recipes.recipe import Recipe
from repodojo.environments.workshop import Workshop
from repodojo.errors import InputError
from repodojo.instances.certification import certify_instance
from repodojo.instances.mining.clones import Clones, find_clones
from repodojo.instances.mining.funnel import count, forecast, mined_instances, outcome, rejected_rows
from repodojo.instances.mining.rows import read_clone_rows, wanted_of, without_clone
from repodojo.instances.mining.settings import MiningSettings
from repodojo.instances.mining.validation import validate_row
from repodojo.instances.settings import CertificationSettings
from repodojo.instances.sources.clone import open_clone
from repodojo.instances.sources.row import Found
from repodojo.types import from_json, to_json

SETTINGS = MiningSettings(repeats=2)
TEST_FILE = "tests/test_tiny.py"


@pytest.fixture(scope="module")
def mined(clones, package_index, sandboxes, tmp_path_factory):
    """The rows of the clone, its environments, and what became of each row by the subject of its commit."""
    root = tmp_path_factory.mktemp("environments")
    workshop = Workshop(sandboxes, root, tmp_path_factory.mktemp("layers"))
    builder = Builder(sandboxes, Folders(root))
    (repository,) = find_clones(clones)
    clone, rows = open_clone(repository.path), read_clone_rows(repository, SETTINGS)
    built = {
        each["name"]: builder.build_from(wanted_of(each), lambda commit=each["commit"]: clone.tree(commit))
        for each in rows.wanted
    }
    validations = {
        row.problem_statement: validate_row(
            row, clone, built[rows.environments[row.instance_id]], SETTINGS, builder, workshop
        )
        for row in rows.rows
    }
    return rows, built, validations, workshop


def test_rows_of_equal_declarations_share_an_environment_as_of_the_oldest(mined):
    rows, built, _, _ = mined
    (environment,) = built.values()
    assert (rows.repo, rows.candidates, len(rows.rows)) == ("an/tiny", 5, 3)
    assert environment.works
    assert environment.date == "2023-01-01T00:02:00+00:00"
    assert "tiny-helper==1.0" in environment.pins
    assert environment.version == "1.4"
    assert forecast([rows]).startswith("3 candidates of 1 clones, 1 environments")


def test_a_repair_is_an_instance_and_tests_without_a_steady_name_or_verdict_are_left_out(mined):
    validation = mined[2]["Double negative numbers"]
    assert validation.stage == "valid", validation.reason
    instance = validation.instance
    assert instance.FAIL_TO_PASS == ("tests/test_tiny.py::test_negative",)
    assert instance.PASS_TO_PASS == ("tests/test_tiny.py::test_surroundings", "tests/test_tiny.py::test_zero")
    names = {name.partition("::")[2].partition("[")[0] for name in validation.quarantined}
    assert names == {"test_unstable_name", "test_needs_a_program", "test_fails_before_the_grader"}
    assert from_json(type(validation), to_json(validation)) == validation


def test_a_mined_instance_is_certified(mined):
    _, _, validations, workshop = mined
    instance = validations["Add triple"].instance
    settings = CertificationSettings(repeats=1, mutants=1)
    certificate = certify_instance(instance, "", settings, workshop)
    assert (certificate.leaks, certificate.mutants, certificate.holds) == ((), 1, True)


def test_a_collection_error_does_not_turn_every_test_into_fail_to_pass(mined):
    instance = mined[2]["Add triple"].instance
    assert instance.FAIL_TO_PASS == ("tests/test_tiny.py::test_triple",)
    assert "tests/test_tiny.py::test_negative" in instance.PASS_TO_PASS


def test_a_change_that_no_test_notices_is_listed_with_stage_and_reason(mined):
    rows, built, validations, _ = mined
    validation = validations["Turn around"]
    assert (validation.stage, validation.instance) == ("first_runs", None)
    assert validation.reason.startswith("no_fail_to_pass: ")
    rejected = rejected_rows([rows], validations.values())
    assert [row["stage"] for row in rejected] == ["first_runs", "row", "row"]
    assert len(mined_instances(validations.values())) == 2
    counts = count([rows], built.values(), validations.values())
    _, total = counts
    assert (total["found"], total["tried"], total["valid"]) == (5, 3, 2)
    assert (total["environments_built"], total["in_built_environment"]) == (1, 3)
    reasons = {"first_runs: no_fail_to_pass": 1, "row: no_base": 1, "row: tests_unchanged": 1}
    assert total["reasons"] == reasons
    said = outcome(counts)
    assert said.startswith("2 of 3 candidates are valid, 3 turned away (")
    assert said.endswith("; the forecast was 0.02 GB of packages and 1 minutes of one core")


def test_a_sandbox_holds_the_base_and_nothing_from_after_it(mined):
    _, _, validations, workshop = mined
    instance = validations["Double negative numbers"].instance
    with workshop.sandboxes.start(workshop.spec(instance)) as sandbox:
        assert sandbox.run("git status --porcelain && git log --format=%s", 20).text == "Start\n"
        assert "abs(x)" in sandbox.read("src/tiny/__init__.py").decode()
        assert sandbox.read("src/tiny/_version.py").decode() == "version = '1.4'\n"
        assert b"deux" in sandbox.read("src/tiny/fr/LC_MESSAGES/tiny.mo")
        seen = sandbox.run(
            "grep -rl 'test_negative\\|triple' . /opt/packages /opt/metadata; pip --version", 20
        )
        assert seen.exit_code != 0
        assert "test_tiny" not in seen.text


def test_a_sandbox_shows_the_history_up_to_the_base_commit_of_the_clone(mined):
    """All of it used to be one commit of nobody's."""
    rows, _, validations, workshop = mined
    instance = validations["Add triple"].instance
    (row,) = (row for row in rows.rows if row.problem_statement == "Add triple")
    assert instance.base_commit == row.base_commit
    with workshop.sandboxes.start(workshop.spec(instance)) as sandbox:
        shown = sandbox.run("git status --porcelain; git log --format='%s %an'; git rev-parse HEAD", 20).text
        assert shown == f"Double negative numbers A\nStart A\n{row.base_commit}\n"
        assert sandbox.run("git blame -s -L3,3 tests/test_tiny.py | cut -d' ' -f1", 20).text.startswith("^")
        assert sandbox.diff(instance.base_commit) == ""
        sandbox.execute("echo '# new' >> src/tiny/__init__.py", 20)
        assert "+# new" in sandbox.diff(instance.base_commit)


def test_a_hand_written_recipe_is_the_only_one_tried_and_every_attempt_has_its_reason(
    clones, package_index, sandboxes, tmp_path
):
    (repository,) = find_clones(clones)
    rows = read_clone_rows(repository, SETTINGS)
    wanted = wanted_of(rows.wanted[0])
    tree = open_clone(repository.path).tree(rows.wanted[0]["commit"])
    tree = {path: blob for path, blob in tree.items() if path.startswith("tests/")}
    tree["Pipfile"] = Blob("100644", b"[packages\n")
    hand = Recipe(repo="an/tiny", python="3.11", requirements=(), declared_requirements=False)
    built = Builder(sandboxes, Folders(tmp_path), [hand]).build(wanted, tree)
    assert not built.works
    assert [attempt.stage for attempt in built.attempts] == ["build", "tests"]
    assert built.attempts[0].reason.startswith("no_build: ")
    assert built.attempts[1].found_by == "hand"
    assert "No module named 'tiny_helper'" in built.attempts[1].reason
    assert built.failure.startswith(built.attempts[1].reason + "; not read: Pipfile: TOMLDecodeError")


def test_published_lists_that_do_not_hold_say_what_their_first_test_says(clones, mined):
    """Numbers and names alone used to say nothing of the cause."""
    rows, built, _, workshop = mined
    row = next(row for row in rows.rows if row.problem_statement == "Double negative numbers")
    lists = {"FAIL_TO_PASS": (f"{TEST_FILE}::test_negative",), "PASS_TO_PASS": (f"{TEST_FILE}::test_zero",)}
    builder = Builder(workshop.sandboxes, Folders(workshop.environments))

    def reason(**published):
        changed = replace(row, **{**lists, **published})
        clone = open_clone(next(iter(find_clones(clones))).path)
        (environment,) = built.values()
        record = validate_row(changed, clone, environment, SETTINGS, builder, workshop)
        assert (record.stage, record.instance) == ("published", None)
        return record.reason

    network = f"{TEST_FILE}::test_needs_a_network"
    seen = f"PASS_TO_PASS holds {network}, here FAILED without the patch, FAILED with it"
    disagree = f"tests_disagree: 1, first {network}; {seen}; OSError: no network"
    assert reason(PASS_TO_PASS=(network,)).startswith(disagree)
    assert reason(PASS_TO_PASS=("gone",)).startswith(
        "tests_missing: 1, first gone; with the gold patch 1 FAILED, "
    )


def test_two_clones_of_one_repository_are_refused(clones, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).symlink_to(Path(clones) / "tiny")
    with pytest.raises(InputError, match="both clones of an/tiny"):
        find_clones(tmp_path)


def test_published_rows_without_a_clone_are_listed(clones, mined):
    """They used to be dropped without a word."""
    rows, _, _, _ = mined
    found = Found([*rows.rows, replace(rows.rows[0], repo="no/clone", instance_id="no__clone-1")], [])
    folder = Clones(tuple(find_clones(clones)), (), found)
    listed = without_clone(folder, MiningSettings(source="rows"))
    assert without_clone(folder, SETTINGS) == {}
    (row,) = rejected_rows(listed.values(), [])
    assert (row["candidate_id"], row["stage"]) == ("no__clone-1", "row")
    assert row["reason"] == "no_clone: no clone of no/clone is in the folder of clones"
    assert count(listed.values(), [], [])[0]["reasons"] == {"row: no_clone": 1}
