"""Wiring of the pipeline `env_build`."""

from kedro.pipeline import Node, Pipeline

from repodojo.pipelines.env_build.clone_nodes import (
    describe_clones,
    plan_clone_environments,
    plan_clone_rows,
    plan_clone_validations,
)
from repodojo.pipelines.env_build.nodes import (
    describe_env_build,
    inject_bugs,
    plan_certificates,
    plan_comparisons,
    plan_environments,
    plan_validations,
    reverse_fixes,
    select_instances,
)


def create_pipeline() -> Pipeline:
    """Return the pipeline."""
    return _bugs() + _clones() + _choice()


def _bugs() -> Pipeline:
    """From projects to proven bugs."""
    return Pipeline(
        [
            Node(
                func=plan_environments,
                inputs=["params:env_build", "workshop"],
                outputs="environment_builds",
                name="plan_environments",
            ),
            Node(
                func=plan_comparisons,
                inputs="environment_builds",
                outputs="near_duplicates",
                name="plan_comparisons",
            ),
            Node(
                func=reverse_fixes,
                inputs=["past_fixes", "environment_builds"],
                outputs=["reversed_fixes", "rejected_fixes"],
                name="reverse_fixes",
            ),
            Node(
                func=inject_bugs,
                inputs=["environment_builds", "near_duplicates", "reversed_fixes", "params:env_build"],
                outputs="candidates",
                name="inject_bugs",
            ),
            Node(
                func=plan_validations,
                inputs=["candidates", "environment_builds", "params:env_build", "workshop"],
                outputs="validations",
                name="plan_validations",
            ),
        ]
    )


def _clones() -> Pipeline:
    """From git clones to proven commits."""
    return Pipeline(
        [
            Node(
                func=plan_clone_rows,
                inputs=["clones", "params:env_build"],
                outputs="clone_rows",
                name="plan_clone_rows",
            ),
            Node(
                func=plan_clone_environments,
                inputs=["clone_rows", "clones", "recipe_proposer", "workshop"],
                outputs="clone_environments",
                name="plan_clone_environments",
            ),
            Node(
                func=plan_clone_validations,
                inputs=["clone_rows", "clone_environments", "clones", "params:env_build", "workshop"],
                outputs="clone_validations",
                name="plan_clone_validations",
            ),
            Node(
                func=describe_clones,
                inputs=["clone_rows", "clone_environments", "clone_validations"],
                outputs="clone_funnel",
                name="describe_clones",
            ),
        ]
    )


def _choice() -> Pipeline:
    """From what is proven to instances, and what they are like."""
    return Pipeline(
        [
            Node(
                func=select_instances,
                inputs=[
                    "validations",
                    "clone_rows",
                    "clone_validations",
                    "evaluation_rows",
                    "params:env_build",
                ],
                outputs=["instances", "rejected_candidates"],
                name="select_instances",
            ),
            Node(
                func=plan_certificates,
                inputs=["instances", "environment_builds", "params:env_build", "workshop"],
                outputs="certificates",
                name="plan_certificates",
            ),
            Node(
                func=describe_env_build,
                inputs=["instances", "rejected_candidates", "validations", "environment_builds"],
                outputs=["instance_funnel", "build_statistics"],
                name="describe_env_build",
            ),
        ]
    )
