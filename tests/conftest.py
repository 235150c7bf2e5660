"""What every test shares: no telemetry, no model hub, repeatable property tests."""

import os

from hypothesis import settings

os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

settings.register_profile("repodojo", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("repodojo")
