"""Nodes of the pipeline `env_build` that make instances of git clones."""

import logging
from copy import copy
from functools import partial
from typing import Any

from repodojo.datasets.plan import Plan
from repodojo.environments.recipes.environment import RECIPES_VERSION, Builder
from repodojo.environments.recipes.environment_records import CloneEnvironment
from repodojo.environments.recipes.folders import Folders
from repodojo.environments.recipes.proposals import Proposer
from repodojo.environments.workshop import Workshop
from repodojo.instances.mining import funnel
from repodojo.instances.mining.clones import Clones
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
from repodojo.types import to_json

Rows = dict[str, CloneRows]
Environments = dict[str, CloneEnvironment]
logger = logging.getLogger(__name__)


def plan_clone_rows(clones: Clones, env_build: EnvBuildSettings) -> Plan:
    """Plan the reading of every clone; published rows of a repository without a clone are listed."""
    return Plan(
        {
            each.slug: partial(read_clone_rows, each, env_build.mining, clones.published)
            for each in clones.repositories
        }
        | {slug: partial(copy, rows) for slug, rows in without_clone(clones, env_build.mining).items()},
        {
            "published": [to_json(row) for row in clones.published.rows],
            "heads": {each.repo: each.head for each in clones.repositories},
            "mining": env_build.mining.model_dump(mode="json"),
            "rows": ROWS_VERSION,
        },
    )


def plan_clone_environments(
    clone_rows: Rows, clones: Clones, recipe_proposer: Proposer | None, workshop: Workshop
) -> Plan:
    """Plan the environments that the rows ask for; says beforehand what they will take."""
    logger.info("%s", funnel.forecast(clone_rows.values()))
    builder = Builder(workshop.sandboxes, Folders(workshop.environments), clones.recipes, recipe_proposer)
    wanted = {each["name"]: each for rows in clone_rows.values() for each in rows.wanted}
    opened = {each.repo: open_clone(each.path) for each in clones.repositories}
    return Plan(
        {
            name: partial(
                builder.build_from, wanted_of(each), partial(opened[each["repo"]].tree, each["commit"])
            )
            for name, each in sorted(wanted.items())
        },
        {
            "wanted": [wanted[name] for name in sorted(wanted)],
            "recipes": [recipe.model_dump(mode="json") for recipe in clones.recipes],
            "base": workshop.base,
            "builder": RECIPES_VERSION,
            "proposer": recipe_proposer.fingerprint if recipe_proposer else "",
        },
    )


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
    rows = {row.instance_id: (row, found) for found in clone_rows.values() for row in found.rows}
    return Plan(
        {
            name: partial(validate, row, opened[row.repo], clone_environments[found.environments[name]])
            for name, (row, found) in sorted(rows.items())
        },
        {
            "rows": [to_json(row) for _, (row, _) in sorted(rows.items())],
            "environments": {name: each.digest for name, each in clone_environments.items()},
            "mining": env_build.mining.model_dump(mode="json"),
            "base": workshop.base,
            "validator": MINING_VERSION,
        },
    )


def describe_clones(
    clone_rows: Rows, clone_environments: Environments, clone_validations: dict[str, MinedValidation]
) -> list[dict[str, Any]]:
    """Count, for each clone, what was found, built and validated, and why the rest was not; says the sum."""
    counts = funnel.count(clone_rows.values(), clone_environments.values(), clone_validations.values())
    if clone_rows:
        logger.info("%s", funnel.outcome(counts))
    return counts
