"""The nodes for clones: what they plan, and that they change nothing where there are none."""

import subprocess
from pathlib import Path

import pytest

from repodojo.datasets.clones import ClonesDataset
from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.recipes.environment_records import CloneEnvironment
from repodojo.environments.workshop import Workshop
from repodojo.errors import InputError
from repodojo.instances.settings import EnvBuildSettings
from repodojo.pipelines.env_build import clone_nodes

SETTINGS = EnvBuildSettings.model_validate(
    {
        "packages": [],
        "projects": [],
        "injection": {"candidates_per_project": {}},
        "selection": {"per_project": {}, "at_least": {}},
        "mining": {"per_repository": 1},
    }
)


def load(folder: Path):
    return ClonesDataset(path=str(folder), recipes=str(folder / "recipes"))


def test_the_environment_of_clones_asks_for_their_folder(tmp_path: Path) -> None:
    """Without one it used to succeed, and left an empty list of instances behind."""
    missing = tmp_path / "none"
    load(missing).check()
    required = ClonesDataset(path=str(missing), recipes="recipes", required=True)
    with pytest.raises(InputError, match=r"none: expected a folder of git clones.*set REPODOJO_CLONES"):
        required.check()


def commit(root: Path, **files: str) -> None:
    for name, text in files.items():
        (root / f"{name}.py").write_text(text)
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@example.invalid"]
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", f"Change {sorted(files)}"], check=True)


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "clones" / "some"
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    commit(root, code="x = 1\n", test_code="def test():\n    pass\n")
    for number in (2, 3):
        commit(root, code=f"x = {number}\n", test_code=f"def test_{number}():\n    pass\n")
    return tmp_path / "clones"


def test_without_clones_nothing_is_planned(tmp_path):
    clones = load(tmp_path / "nowhere").load()
    assert clone_nodes.plan_clone_rows(clones, SETTINGS).thunks == {}
    (total,) = clone_nodes.describe_clones({}, {}, {})
    assert (total["found"], total["valid"], total["yield"]) == (0, 0, None)


def test_the_plans_follow_the_clones_and_their_heads(folder):
    dataset = load(folder)
    clones, before = dataset.load(), dataset.identity()
    plan = clone_nodes.plan_clone_rows(clones, SETTINGS)
    rows = {key: thunk() for key, thunk in plan.thunks.items()}
    (found,) = rows.values()
    assert list(rows) == ["local__some"]
    assert (found.candidates, len(found.rows)) == (3, 1)
    workshop = Workshop(NamespaceSandboxes(), folder / "environments", folder / "layers")
    environments = clone_nodes.plan_clone_environments(rows, clones, None, workshop)
    assert list(environments.thunks) == [each["name"] for each in found.wanted]
    (wanted,) = environments.parts.values()
    assert wanted["test_files"] == ("test_code.py",)
    commit(folder / "some", code="x = 4\n", test_code="def test_4():\n    pass\n")
    again = load(folder)
    assert again.identity()["heads"] != before["heads"]
    assert clone_nodes.plan_clone_rows(again.load(), SETTINGS).fingerprint != plan.fingerprint


def test_rows_beyond_the_limit_are_listed_unread(folder):
    (found,) = (
        thunk() for thunk in clone_nodes.plan_clone_rows(load(folder).load(), SETTINGS).thunks.values()
    )
    assert [row["reason"].split(":")[0] for row in found.rejected] == ["not_tried", "not_tried"]


def test_a_further_clone_leaves_what_decides_the_results_of_the_others(folder):
    before = clone_nodes.plan_clone_rows(load(folder).load(), SETTINGS)
    subprocess.run(["git", "init", "--quiet", str(folder / "other")], check=True)
    commit(folder / "other", code="y = 1\n", test_code="def test():\n    pass\n")
    after = clone_nodes.plan_clone_rows(load(folder).load(), SETTINGS)
    assert after.fingerprint != before.fingerprint
    assert after.parts.keys() - before.parts.keys() == {"local__other"}
    assert before.parts.items() <= after.parts.items()


def test_more_rows_of_a_clone_leave_what_decides_the_proof_of_the_first(folder):
    def plan(most):
        settings = SETTINGS.model_copy(
            update={"mining": SETTINGS.mining.model_copy(update={"per_repository": most})}
        )
        rows = {key: thunk() for key, thunk in clone_nodes.plan_clone_rows(clones, settings).thunks.items()}
        names = [each["name"] for found in rows.values() for each in found.wanted]
        built = {name: CloneEnvironment(name, "local/some", "", "", ()) for name in names}
        return clone_nodes.plan_clone_validations(rows, built, clones, settings, workshop)

    clones = load(folder).load()
    workshop = Workshop(NamespaceSandboxes(), folder / "environments", folder / "layers")
    one, two = plan(1), plan(2)
    assert (len(one.thunks), len(two.thunks)) == (1, 2)
    assert one.parts.items() <= two.parts.items()


def test_what_is_fetched_without_a_new_head_is_read(folder):
    """A pull request, a tag or objects that were missing used to be noticed with the next commit alone."""
    before = clone_nodes.plan_clone_rows(load(folder).load(), SETTINGS)
    for ref in ("refs/pull/7/head", "refs/tags/v1.0"):
        subprocess.run(["git", "-C", str(folder / "some"), "update-ref", ref, "HEAD~1"], check=True)
        after = clone_nodes.plan_clone_rows(load(folder).load(), SETTINGS)
        assert after.parts != before.parts
        before = after
    assert clone_nodes.plan_clone_rows(load(folder).load(), SETTINGS).parts == before.parts
