"""Nodes of the pipeline `env_build` that make instances of git clones."""

import logging
from copy import copy
from functools import partial
from typing import Any

from repodojo.datasets.plan import Plan
from repodojo.environments.interpreters import find_interpreters
from repodojo.environments.recipes.environment import RECIPES_VERSION, Builder
from repodojo.environments.recipes.environment_records import CloneEnvironment
from repodojo.environments.recipes.folders import Folders
from repodojo.environments.recipes.proposals import Proposer
from repodojo.environments.recipes.recipe import find_recipe
from repodojo.environments.workshop import Workshop
from repodojo.grading.run import GRADER_VERSION
from repodojo.instances.mining import funnel
from repodojo.instances.mining.clones import Clones
from repodojo.instances.mining.published import published_of
from repodojo.instances.mining.records import MinedValidation
from repodojo.instances.mining.rows import (
    ROWS_VERSION,
    CloneRows,
    read_clone_rows,
    wanted_of,
    without_clone,
)
from repodojo.instances.mining.validation import MINING_VERSION, validate_row
from repodojo.instances.settings import EnvBuildSettings
from repodojo.instances.sources.clone import open_clone
from repodojo.instances.sources.row import Found
from repodojo.types import to_json

Rows = dict[str, CloneRows]
Environments = dict[str, CloneEnvironment]
logger = logging.getLogger(__name__)


def plan_clone_rows(clones: Clones, env_build: EnvBuildSettings) -> Plan:
    """Plan the reading of every clone; published rows of a repository without a clone are listed."""
    shared = {"mining": env_build.mining.model_dump(mode="json"), "rows": ROWS_VERSION}
    parts = {
        each.slug: {
            "head": [each.head, each.state],
            "published": _as_json(published_of(each.repo, clones.published)),
            **shared,
        }
        for each in clones.repositories
    }
    return Plan(
        {
            each.slug: partial(read_clone_rows, each, env_build.mining, clones.published)
            for each in clones.repositories
        }
        | {slug: partial(copy, rows) for slug, rows in without_clone(clones, env_build.mining).items()},
        {"clones": parts, "published": _as_json(clones.published)},
        parts,
    )


def _as_json(found: Found) -> list[Any]:
    return [*map(to_json, found.rows), *map(list, found.rejected)]


def plan_clone_environments(
    clone_rows: Rows, clones: Clones, recipe_proposer: Proposer | None, workshop: Workshop
) -> Plan:
    """Plan the environments that the rows ask for; says beforehand what they will take."""
    logger.info("%s", funnel.forecast(clone_rows.values()))
    builder = Builder(workshop.sandboxes, Folders(workshop.environments), clones.recipes, recipe_proposer)
    wanted = {each["name"]: each for rows in clone_rows.values() for each in rows.wanted}
    opened = {each.repo: open_clone(each.path) for each in clones.repositories}
    proposer = recipe_proposer.fingerprint if recipe_proposer else ""
    pythons = [each.full for each in find_interpreters()] if wanted else []
    shared = {"base": workshop.base, "builder": RECIPES_VERSION, "proposer": proposer, "pythons": pythons}
    parts = {name: {**each, "recipe": _recipe(clones, each), **shared} for name, each in wanted.items()}
    return Plan(
        {
            name: partial(
                builder.build_from, wanted_of(each), partial(opened[each["repo"]].tree, each["commit"])
            )
            for name, each in sorted(wanted.items())
        },
        {"environments": parts, **shared},
        parts,
        shareable=lambda environment: not environment.lacks_packages,
        resume=lambda _, kept: [name for name, each in kept.items() if each.lacks_packages],
    )


def _recipe(clones: Clones, wanted: dict[str, Any]) -> dict[str, Any] | None:
    """Return the hand-written recipe of an environment, if there is one."""
    recipe = find_recipe(clones.recipes, wanted["repo"], wanted["version"])
    return None if recipe is None else recipe.model_dump(mode="json")


def plan_clone_validations(
    clone_rows: Rows,
    clone_environments: Environments,
    clones: Clones,
    env_build: EnvBuildSettings,
    workshop: Workshop,
) -> Plan:
    """Plan the proof of every row."""
    builder = Builder(workshop.sandboxes, Folders(workshop.environments), clones.recipes)
    opened = {each.repo: open_clone(each.path) for each in clones.repositories}
    validate = partial(validate_row, settings=env_build.mining, builder=builder, workshop=workshop)
    rows = [
        (row, clone_environments[found.environments[row.instance_id]])
        for found in clone_rows.values()
        for row in found.rows
    ]
    shared = {
        "mining": env_build.mining.model_dump(mode="json", exclude={"per_repository"}),
        "base": workshop.base,
        "validator": [MINING_VERSION, GRADER_VERSION],
    }
    parts = {
        row.instance_id: {"row": to_json(row), "environment": each.identity(), **shared} for row, each in rows
    }
    ordered = sorted(rows, key=lambda pair: pair[0].instance_id)
    thunks = {row.instance_id: partial(validate, row, opened[row.repo], each) for row, each in ordered}
    return Plan(thunks, {"rows": parts, **shared}, parts)


def describe_clones(
    clone_rows: Rows, clone_environments: Environments, clone_validations: dict[str, MinedValidation]
) -> list[dict[str, Any]]:
    """Count, for each clone, what was found, built and validated, and why the rest was not; says the sum."""
    counts = funnel.count(clone_rows.values(), clone_environments.values(), clone_validations.values())
    if clone_rows:
        logger.info("%s", funnel.outcome(counts))
    return counts
