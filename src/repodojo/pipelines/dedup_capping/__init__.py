"""From graded trajectories to the training set and its control."""

from repodojo.pipelines.dedup_capping.pipeline import create_pipeline

__all__ = ["create_pipeline"]
