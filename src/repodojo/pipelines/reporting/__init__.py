"""Tables, figures, the summary and the report page."""

from repodojo.pipelines.reporting.pipeline import create_pipeline

__all__ = ["create_pipeline"]
