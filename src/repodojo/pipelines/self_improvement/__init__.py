"""Rounds of rejection sampling: each policy samples, and the next is trained on what it resolved."""

from repodojo.pipelines.self_improvement.pipeline import create_pipeline

__all__ = ["create_pipeline"]
