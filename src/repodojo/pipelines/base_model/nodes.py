"""Nodes of the pipeline `base_model`."""

from repodojo.base_model.recipe import BaseModelSettings, PretrainingPlan


def plan_pretraining(base_model: BaseModelSettings) -> tuple[PretrainingPlan, PretrainingPlan]:
    """Plan the training of both sizes."""
    return PretrainingPlan(base_model.small), PretrainingPlan(base_model.medium)
