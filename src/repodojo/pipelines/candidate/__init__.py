"""Any checkpoint or endpoint on any instance set: its attempts, its resolve rate and what goes with it."""

from repodojo.pipelines.candidate.pipeline import create_pipeline

__all__ = ["create_pipeline"]
