"""Nodes of the pipeline `patch_costs`."""

from functools import partial
from typing import Any

from repodojo.datasets.plan import Plan, digest
from repodojo.environments.workshop import Workshop
from repodojo.grading.patch_measures import MEASURE_VERSION, PatchMeasure, distinct_resolving, measure_patch
from repodojo.grading.settings import GradingSettings
from repodojo.metrics.patch_costs import patch_costs
from repodojo.types import Instance, Trajectory, Verdict, to_json


def plan_patch_measures(
    trajectories: dict[str, Trajectory],
    verdicts: dict[str, Verdict],
    instances: list[Instance],
    workshop: Workshop,
    grading: GradingSettings,
) -> Plan:
    """Plan the lint and the timed tests of every different patch that resolves an instance."""
    by_id = {instance.instance_id: instance for instance in instances}
    measure = partial(
        measure_patch, sandboxes=workshop.sandboxes, spec=workshop.spec, timeout_s=grading.timeout_s
    )
    chosen = distinct_resolving(trajectories, verdicts)
    return Plan(
        thunks={t.rollout_id: partial(measure, t, by_id[t.instance_id]) for t in chosen},
        fingerprint={
            "patches": digest({t.rollout_id: t.model_patch for t in chosen}),
            "instances": digest([to_json(by_id[t.instance_id]) for t in chosen]),
            "base": workshop.base,
            "grading": {**grading.model_dump(mode="json"), "measure": MEASURE_VERSION},
        },
    )


def summarise_patch_measures(measures: dict[str, PatchMeasure]) -> dict[str, Any]:
    """Compare lint findings and test time of resolving patches with the gold patches'."""
    return patch_costs(measures.values())
