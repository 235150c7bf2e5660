"""Sweeps over training sets and models: every point is a curation, a fine-tuning and an evaluation."""

from repodojo.pipelines.ablations.pipeline import create_pipeline

__all__ = ["create_pipeline"]
