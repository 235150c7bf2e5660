"""On-policy attempts, the verifier trained on successes and failures, and its scores."""

from repodojo.pipelines.verifier.pipeline import create_pipeline

__all__ = ["create_pipeline"]
