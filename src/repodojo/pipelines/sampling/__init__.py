"""The teacher's attempts at the training instances, and their verdicts."""

from repodojo.pipelines.sampling.pipeline import create_pipeline

__all__ = ["create_pipeline"]
