"""What resolving patches cost beside gold: lint findings and the time of the tests."""

from repodojo.pipelines.patch_costs.pipeline import create_pipeline

__all__ = ["create_pipeline"]
