"""Docker and namespaces prove the same instances and give the same verdicts, test by test."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.instances.mining import conftest as mining
from tests.pipelines.env_build import tiny_sdist

from repodojo.environments.recipes.environment import Builder
from repodojo.environments.recipes.folders import Folders
from repodojo.environments.workshop import Workshop
from repodojo.grading.patches import parse_patch
from repodojo.grading.run import grade
from repodojo.instances.forgeries import forge_patches
from repodojo.instances.injection import inject_bugs
from repodojo.instances.mining.clones import find_clones
from repodojo.instances.mining.records import MinedValidation
from repodojo.instances.mining.rows import read_clone_rows, wanted_of
from repodojo.instances.mining.settings import MiningSettings
from repodojo.instances.mining.validation import validate_row
from repodojo.instances.near_duplicates import Comparison
from repodojo.instances.sources.clone import open_clone
from repodojo.instances.splitting import make_patch
from repodojo.instances.validation import Validation
from repodojo.pipelines.env_build import nodes
from repodojo.types import Instance

WAIT_S = 120
MINING = MiningSettings(repeats=2)
BUGS = 3
clones, package_index = mining.clones, mining.package_index


class Proven(NamedTuple):
    """What one backend makes of the bugs and commits, in folders of its own."""

    workshop: Workshop
    bugs: Mapping[str, Validation]
    commits: Mapping[str, MinedValidation]

    def instances(self) -> dict[str, Instance]:
        """Return the instances, by id."""
        found = [each.instance for each in (*self.bugs.values(), *self.commits.values())]
        return {each.instance_id: each for each in found if each is not None}


def done(plan):
    return {key: thunk() for key, thunk in plan.thunks.items()}


def prove_bugs(workshop: Workshop) -> dict[str, Validation]:
    settings = tiny_sdist.tiny_settings(
        tiny_sdist.write_sdist(workshop.environments / "archives" / "tinywords-1.0.tar.gz")
    )
    few = settings.injection.model_copy(update={"candidates_per_project": {"train": BUGS}})
    settings = settings.model_copy(update={"injection": few})
    tiny_sdist.copy_packages(workshop.environments / "packages", settings)
    builds = done(nodes.plan_environments(settings, workshop))
    nothing_shared = {name: Comparison(name, 0, 0, ()) for name in builds}
    candidates = nodes.inject_bugs(builds, nothing_shared, [], settings)
    found = done(nodes.plan_validations(candidates, builds, settings, workshop))
    return {name: replace(each, seconds=0.0) for name, each in found.items()}


def prove_commits(workshop: Workshop, folder: Path) -> dict[str, MinedValidation]:
    builder = Builder(workshop.sandboxes, Folders(workshop.environments))
    (repository,) = find_clones(folder)
    clone, rows = open_clone(repository.path), read_clone_rows(repository, MINING)
    (wanted,) = rows.wanted
    built = builder.build_from(wanted_of(wanted), lambda: clone.tree(wanted["commit"]))
    found = (validate_row(row, clone, built, MINING, builder, workshop) for row in rows.rows)
    return {each.candidate_id: replace(each, seconds=0.0, test_s=0.0, quarantined=()) for each in found}


@pytest.fixture(scope="module")
def proven(start_backend, clones, package_index, tmp_path_factory) -> Iterator[list[Proven]]:
    with (
        contextmanager(start_backend)("docker") as docker,
        contextmanager(start_backend)("overlay") as namespaces,
    ):
        roots = [tmp_path_factory.mktemp(backend.name) for backend in (docker, namespaces)]
        shops = [
            Workshop(backend, root / "environments", root / "layers")
            for backend, root in zip((docker, namespaces), roots, strict=True)
        ]
        yield [Proven(shop, prove_bugs(shop), prove_commits(shop, clones)) for shop in shops]


def wrong_and_forging_patches(instance: Instance, workshop: Workshop) -> dict[str, str]:
    """Return another bug in the module that the gold patch repairs, and two attacks on the grader."""
    path = parse_patch(instance.patch)[0].new_path
    with workshop.sandboxes.start(workshop.spec(instance)) as sandbox:
        base = sandbox.read(path).decode()
    bug = inject_bugs(base, path, range(1, base.count("\n") + 2), seed=0, per_function=1)[0]
    forged = forge_patches(path, base, instance.FAIL_TO_PASS + instance.PASS_TO_PASS)
    return {
        "wrong": make_patch({path: base}, {path: bug.apply(base)}),
        **{name: forged[name] for name in ("makes_every_report_pass", "exits_with_success")},
    }


@pytest.mark.docker
def test_both_backends_prove_the_same_instances(proven):
    docker, namespaces = proven
    assert docker.bugs == namespaces.bugs
    assert docker.commits == namespaces.commits
    repositories = {each.repo for each in docker.instances().values()}
    assert repositories == {"acme/tinywords", "an/tiny"}


@pytest.mark.docker
def test_both_backends_give_the_same_verdicts(proven):
    verdicts = {}
    for backend in proven:
        for name, instance in backend.instances().items():
            patches = {"gold": instance.patch, "empty": ""}
            patches |= wrong_and_forging_patches(instance, backend.workshop)
            for kind, patch in patches.items():
                spec = backend.workshop.spec(instance)
                verdict = grade(patch, instance, backend.workshop.sandboxes, spec, WAIT_S)
                verdicts.setdefault((name, kind), []).append(replace(verdict, duration_s=0.0))
    assert {key: first for key, (first, second) in verdicts.items() if first != second} == {}
    resolved = {(kind, first.resolved) for (_, kind), (first, _) in verdicts.items()}
    assert resolved == {("gold", True)} | {(kind, False) for kind in patches if kind != "gold"}
