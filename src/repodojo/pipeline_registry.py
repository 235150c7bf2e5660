"""The pipelines, in the order in which the default run goes through them.

Kedro's ``find_pipelines`` would import only the pipelines named on the command line; which results a
dataset is asked for depends on every node before it, so all of them are always registered.
"""

import pkgutil
from importlib import import_module

from kedro.pipeline import Pipeline

import repodojo.pipelines

DEFAULT = (
    "env_build",
    "sampling",
    "dedup_capping",
    "sft",
    "evaluation",
    "verifier",
    "inference_scaling",
    "reporting",
)


def register_pipelines() -> dict[str, Pipeline]:
    """Return every pipeline by name; ``__default__`` is the sum of the eight of the default run."""
    names = sorted(
        module.name for module in pkgutil.iter_modules(repodojo.pipelines.__path__) if module.ispkg
    )
    pipelines: dict[str, Pipeline] = {
        name: import_module(f"repodojo.pipelines.{name}").create_pipeline() for name in names
    }
    default = sum((pipelines[name] for name in DEFAULT if name in pipelines), Pipeline([]))
    return {"__default__": default, **pipelines}
