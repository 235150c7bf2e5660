"""What a run is asked for from outside, checked under the name that the user gave it."""

import re
from pathlib import Path

from kedro.config import AbstractConfigLoader

from repodojo.errors import InputError


def check_environment(loader: AbstractConfigLoader, environment: str | None) -> None:
    """Refuse an environment without a folder; kedro-mlflow would fall back to settings that fail later.

    Raises:
        InputError: naming the environments that there are.
    """
    source = Path(loader.conf_source)
    if environment and source.is_dir() and not (source / environment).is_dir():
        known = sorted(item.name for item in source.iterdir() if item.is_dir())
        raise InputError(f"environment '{environment}' has no folder in {source}, expected one of: {known}")


def check_seed(text: str) -> None:
    """Refuse a seed that is no number under the name that the user gave it; it fills several parameters.

    Raises:
        InputError: naming the environment variable.
    """
    if text and not (re.fullmatch(r"[0-9]{1,10}", text) and int(text) < 2**32):
        raise InputError(
            f"environment variable REPODOJO_SEED: expected a whole number below 2^32, found {text!r}; "
            f"unset or mend it"
        )


def check_clones(text: str, project: Path) -> None:
    """Refuse a folder of clones that is not there: without one, there would be nothing to mine.

    Raises:
        InputError: naming the environment variable.
    """
    if text and not (project / text).is_dir():
        raise InputError(
            f"environment variable REPODOJO_CLONES: expected a folder of git clones, found {text!r}, "
            f"which is none; unset or mend it"
        )
