"""Pinned projects made executable, and bugs put into them that their own tests prove."""

from repodojo.pipelines.env_build.pipeline import create_pipeline

__all__ = ["create_pipeline"]
