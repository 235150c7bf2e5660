"""What an experiment is: one model for each key of ``conf/*/parameters_<pipeline>.yml``.

A value under an unknown name, of the wrong type or out of its bounds is refused before any node runs.
Concurrency, timeouts and paths are not here: they are settings of the catalog.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from repodojo.base_model.recipe import BaseModelSettings
from repodojo.curation.settings import AblationSettings, CurationSettings, SelfImprovementSettings
from repodojo.errors import InputError, fields_of, hint
from repodojo.grading.settings import GradingSettings
from repodojo.instances.settings import EnvBuildSettings
from repodojo.metrics.settings import ScalingSettings
from repodojo.publishing.settings import PublishSettings
from repodojo.rollouts.candidate import CandidateSettings
from repodojo.rollouts.settings import RolloutSettings
from repodojo.training.settings import SFTSettings
from repodojo.verifier.settings import VerifierSettings

MODELS: dict[str, type[BaseModel]] = {
    "env_build": EnvBuildSettings,
    "base_model": BaseModelSettings,
    "sampling": RolloutSettings,
    "grading": GradingSettings,
    "dedup_capping": CurationSettings,
    "sft": SFTSettings,
    "evaluation": RolloutSettings,
    "baselines": RolloutSettings,
    "on_policy": RolloutSettings,
    "candidate": CandidateSettings,
    "verifier": VerifierSettings,
    "inference_scaling": ScalingSettings,
    "publish": PublishSettings,
    "self_improvement": SelfImprovementSettings,
    "ablations": AblationSettings,
}
"""The model of each top-level key; every key that a configuration holds must be here."""


def validate_parameters(raw: Mapping[str, Any]) -> dict[str, BaseModel]:
    """Check every parameter of a configuration.

    Raises:
        InputError: naming each key or field that is unknown or wrong, what was expected and what was found.
    """
    problems: list[str] = []
    checked: dict[str, BaseModel] = {}
    for key, value in raw.items():
        if key not in MODELS:
            problems.append(f"parameter '{key}' is unknown, {hint(key, MODELS)}")
            continue
        problems += [f"parameter '{name}': expected a finite number" for name in _endless(value, key)]
        try:
            checked[key] = MODELS[key].model_validate(value)
        except ValidationError as error:
            problems += [_problem(key, dict(row)) for row in error.errors()]
    if problems:
        raise InputError("; ".join(problems))
    return checked


def _endless(value: Any, name: str) -> Iterator[str]:
    """Yield the names of numbers that are infinite or none."""
    if isinstance(value, float) and not math.isfinite(value):
        yield name
    listed = dict(enumerate(value)) if isinstance(value, list) else value
    for part, inner in listed.items() if isinstance(listed, Mapping) else ():
        yield from _endless(inner, f"{name}.{part}")


def _problem(key: str, error: dict[str, Any]) -> str:
    """Render one of pydantic's errors as a sentence."""
    name = ".".join([key, *(str(part) for part in error["loc"])])
    if error["type"] == "extra_forbidden":
        known = fields_of(MODELS[key], error["loc"][:-1]) or MODELS[key].model_fields
        return f"parameter '{name}' is unknown, {hint(str(error['loc'][-1]), known)}"
    return f"parameter '{name}': {error['msg']}, found {error['input']!r}"
