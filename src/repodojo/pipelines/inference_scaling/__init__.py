"""What more attempts and a verifier are worth: pass@k, best@k, random@k."""

from repodojo.pipelines.inference_scaling.pipeline import create_pipeline

__all__ = ["create_pipeline"]
