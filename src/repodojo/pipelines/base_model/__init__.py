"""The small models that the embedded default starts from; a real run takes one from a hub."""

from repodojo.pipelines.base_model.pipeline import create_pipeline

__all__ = ["create_pipeline"]
