"""Nodes of the pipeline `env_build`."""

from functools import partial
from typing import Any

from repodojo.datasets.plan import Plan
from repodojo.environments.build import BUILDER_VERSION, BuildSite, build_environment
from repodojo.environments.build_records import EnvironmentBuild
from repodojo.environments.workshop import Workshop
from repodojo.grading.run import GRADER_VERSION
from repodojo.instances import past_fixes as fixes
from repodojo.instances import selection, statistics
from repodojo.instances.candidates import Candidate, propose_candidates
from repodojo.instances.certification import CERTIFIER_VERSION, certify_instance
from repodojo.instances.mining.funnel import mined_instances, rejected_rows
from repodojo.instances.mining.records import MinedValidation
from repodojo.instances.mining.rows import CloneRows
from repodojo.instances.mining.selection import decontaminate
from repodojo.instances.near_duplicates import SHINGLES_VERSION, Comparison
from repodojo.instances.past_fixes import ReversedFix
from repodojo.instances.selection import first_of_each_repository
from repodojo.instances.settings import EnvBuildSettings
from repodojo.instances.sources.row import SourceRow
from repodojo.instances.standard_library import Library
from repodojo.instances.test_runs import TestRunStore
from repodojo.instances.validation import VALIDATOR_VERSION, Validation, validate_candidate
from repodojo.types import Instance, to_json

Builds = dict[str, EnvironmentBuild]


def plan_environments(env_build: EnvBuildSettings, workshop: Workshop) -> Plan:
    """Plan the build of every project."""
    site = BuildSite.of(workshop)
    build = partial(
        build_environment, projects=env_build.projects, requirements=env_build.packages, site=site
    )
    return Plan(
        {project.environment: partial(build, project) for project in env_build.projects},
        {
            "projects": [project.model_dump(mode="json") for project in env_build.projects],
            "packages": env_build.packages,
            "base": workshop.base,
            "builder": BUILDER_VERSION,
        },
    )


def plan_comparisons(environment_builds: Builds) -> Plan:
    """Plan the search for functions that a project shares with the others or the standard library."""
    library = Library({name: build.sources for name, build in environment_builds.items()})
    digests = {name: build.environment.digest for name, build in environment_builds.items()}
    return Plan(
        {name: partial(library.compare, name) for name in environment_builds},
        {"environments": digests, "shingles": SHINGLES_VERSION},
    )


def reverse_fixes(
    past_fixes: list[SourceRow], environment_builds: Builds
) -> tuple[list[ReversedFix], list[dict[str, Any]]]:
    """Take real fixes back in the code of today, and list those that cannot be with their reason."""
    found = fixes.reverse_fixes(past_fixes, environment_builds.values())
    return found.reversed, [rejection._asdict() for rejection in found.rejected]


def inject_bugs(
    environment_builds: Builds,
    near_duplicates: dict[str, Comparison],
    reversed_fixes: list[ReversedFix],
    env_build: EnvBuildSettings,
) -> list[Candidate]:
    """Propose bugs for every project, none in code that others hold too."""
    return [
        candidate
        for name, build in sorted(environment_builds.items())
        for candidate in propose_candidates(
            build,
            env_build.injection,
            {(pair.path, pair.function) for pair in near_duplicates[name].pairs},
            [fix.mutation for fix in reversed_fixes if fix.environment == name],
        )
    ]


def plan_validations(
    candidates: list[Candidate], environment_builds: Builds, env_build: EnvBuildSettings, workshop: Workshop
) -> Plan:
    """Plan the proof of every candidate."""
    runs = TestRunStore.of(workshop)
    validate = partial(validate_candidate, settings=env_build.injection, workshop=workshop, runs=runs)
    return Plan(
        {
            candidate.candidate_id: partial(validate, candidate, environment_builds[candidate.environment])
            for candidate in candidates
        },
        {
            "candidates": [to_json(candidate) for candidate in candidates],
            "environments": {name: build.environment.digest for name, build in environment_builds.items()},
            "base": workshop.base,
            "injection": env_build.injection.model_dump(mode="json"),
            "validator": VALIDATOR_VERSION,
        },
    )


def select_instances(
    validations: dict[str, Validation],
    clone_rows: dict[str, CloneRows],
    clone_validations: dict[str, MinedValidation],
    evaluation_rows: list[SourceRow],
    env_build: EnvBuildSettings,
) -> tuple[list[Instance], list[dict[str, Any]]]:
    """Choose instances among the proven bugs, take all of clones, and list the rest with its reason."""
    rules = env_build.selection
    chosen = selection.select_instances(validations, rules, evaluation_rows)
    mined = decontaminate(clone_validations.values(), rules, evaluation_rows)
    rejected = [*chosen.rejected, *rejected_rows(clone_rows.values(), mined)]
    return [*chosen.instances, *mined_instances(mined)], rejected


def plan_certificates(
    instances: list[Instance], environment_builds: Builds, env_build: EnvBuildSettings, workshop: Workshop
) -> Plan:
    """Plan the examination of instances."""
    settings = env_build.certification
    chosen = first_of_each_repository(instances, settings.per_project)
    built = {name: build.environment.digest for name, build in environment_builds.items()}
    digests = {
        each.instance_id: built.get(each.environment) or str(each.metadata.get("environment_digest", ""))
        for each in chosen
    }
    certify = partial(certify_instance, settings=settings, workshop=workshop)
    return Plan(
        {each.instance_id: partial(certify, each, digests[each.instance_id]) for each in chosen},
        {
            "instances": [to_json(each) for each in chosen],
            "environments": digests,
            "base": workshop.base,
            "certification": settings.model_dump(mode="json", exclude={"timeout_s"}),
            "versions": [CERTIFIER_VERSION, GRADER_VERSION],
        },
    )


def describe_env_build(
    instances: list[Instance],
    rejected_candidates: list[dict[str, Any]],
    validations: dict[str, Validation],
    environment_builds: Builds,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Count what became of the candidates, and describe the instances."""
    injected = [instance for instance in instances if instance.instance_id in validations]
    rows = statistics.funnel(validations.values(), rejected_candidates)
    return rows, statistics.describe_instances(injected, validations, environment_builds)
