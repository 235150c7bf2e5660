"""Kedro's settings: hooks, configuration loading, and no telemetry.

Nothing heavy is imported here: every ``kedro`` command reads this module.
"""

import os
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
# Datasets are named `<policy>.<dataset>`, and one pipeline reads those of several policies.
warnings.filterwarnings("ignore", message="One or more dataset names contain '.' characters")
_showwarning = warnings.showwarning


def _show(message: Warning | str, *place: Any, **more: Any) -> None:
    """Show a warning, unless it is MLflow's about a class of kedro-mlflow, which no filter can reach."""
    if "type hints to the `predict` method" not in str(message):
        _showwarning(message, *place, **more)


warnings.showwarning = _show

from repodojo.hooks import ConfigurationHooks, HandleHooks, TimingHooks, TrackingHooks  # noqa: E402
from repodojo.tracking.artifacts import ArtifactHooks  # noqa: E402
from repodojo.tracking.provenance import ProvenanceHooks  # noqa: E402
from repodojo.tracking.traces import TraceHooks  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


def _root(path: str = "") -> str:
    return (ROOT / path).as_posix()


def _env_or(name: str, default: str | None) -> str | None:
    return os.environ.get(name) or default


HOOKS = (
    ConfigurationHooks(),
    TrackingHooks(),
    ProvenanceHooks(),
    TraceHooks(),
    ArtifactHooks(),
    HandleHooks(),
    TimingHooks(),
)

DISABLE_HOOKS_FOR_PLUGINS = ("kedro-telemetry", "kedro-viz")
"""The first would ask for consent; the second writes ``.viz/`` and warns at every partial run."""

CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "merge_strategy": {"parameters": "soft", "globals": "soft", "mlflow": "soft"},
    "config_patterns": {"mlflow": ["mlflow*", "mlflow*/**", "**/mlflow*"], "serving": ["serving*"]},
    "custom_resolvers": {"root": _root, "env_or": _env_or},
}
