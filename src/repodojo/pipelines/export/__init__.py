"""Instances as tables and as task folders of other systems."""

from repodojo.pipelines.export.pipeline import create_pipeline

__all__ = ["create_pipeline"]
