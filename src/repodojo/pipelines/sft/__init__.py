"""Rejection-sampling fine-tuning: the policy from successes, and its control from as many failures."""

from repodojo.pipelines.sft.pipeline import create_pipeline

__all__ = ["create_pipeline"]
