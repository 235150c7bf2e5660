"""A release in the layout of a model hub; uploaded only when asked."""

from repodojo.pipelines.publish.pipeline import create_pipeline

__all__ = ["create_pipeline"]
