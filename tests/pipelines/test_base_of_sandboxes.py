"""What is made in sandboxes is kept apart by what stands below their layers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from repodojo.datasets.plan import Plan
from repodojo.environments.docker import DockerSandboxes
from repodojo.environments.workshop import Workshop
from repodojo.grading.settings import GradingSettings
from repodojo.grading.store import VerdictStore
from repodojo.instances.mining.clones import Clones
from repodojo.instances.mining.rows import NOTHING
from repodojo.instances.settings import EnvBuildSettings
from repodojo.pipelines.attempts import plan_attempts, plan_verdicts
from repodojo.pipelines.env_build import clone_nodes, nodes
from repodojo.pipelines.patch_costs.nodes import plan_patch_measures
from repodojo.policies.repair import RepairPolicy
from repodojo.rollouts.settings import RolloutSettings

SETTINGS = EnvBuildSettings.model_validate(
    {
        "packages": [],
        "projects": [],
        "injection": {"candidates_per_project": {}},
        "selection": {"per_project": {}, "at_least": {}},
    }
)
CLONES = Clones((), (), NOTHING)
STORE, GRADING = VerdictStore(Path("unused")), GradingSettings()
PLANS: dict[str, Callable[[Workshop], Plan]] = {
    "environments": lambda shop: nodes.plan_environments(SETTINGS, shop),
    "validations": lambda shop: nodes.plan_validations([], {}, SETTINGS, shop),
    "certificates": lambda shop: nodes.plan_certificates([], {}, SETTINGS, shop),
    "clone environments": lambda shop: clone_nodes.plan_clone_environments({}, CLONES, None, shop),
    "clone validations": lambda shop: clone_nodes.plan_clone_validations({}, {}, CLONES, SETTINGS, shop),
    "attempts": lambda shop: plan_attempts([], None, RepairPolicy(), shop, RolloutSettings()),
    "verdicts": lambda shop: plan_verdicts({}, [], shop, STORE, GRADING),
    "patch measures": lambda shop: plan_patch_measures({}, {}, [], shop, GRADING),
}


@pytest.mark.parametrize("what", PLANS)
def test_results_of_one_image_are_not_those_of_another(what: str, tmp_path: Path) -> None:
    """They used to lie in one folder: a run with another image found everything done."""
    slim, full = (
        Workshop(DockerSandboxes(image=image), tmp_path / "e", tmp_path / "l")
        for image in ("python:3.11-slim-bookworm", "python:3.11-bookworm")
    )
    assert PLANS[what](slim).fingerprint == PLANS[what](slim).fingerprint
    assert PLANS[what](slim).fingerprint != PLANS[what](full).fingerprint
