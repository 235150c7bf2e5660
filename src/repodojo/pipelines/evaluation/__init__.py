"""Zero-shot, control and fine-tuned policies on the held-out instances."""

from repodojo.pipelines.evaluation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
