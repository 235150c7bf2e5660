"""The image of an exported instance: a Dockerfile and the files that it is built from.

It holds the repository at its base commit with the history that sandboxes show, what the project's build
says of it, and the packages by their pins.
"""

import platform
import shlex
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from importlib.metadata import distributions
from pathlib import Path

from repodojo.environments.layers import METADATA, PACKAGES, WORKDIR
from repodojo.environments.sandbox import SandboxSpec
from repodojo.publishing.archive import pack, stack

_REPOSITORY, _BUILD, _PINS = "repository.tar.gz", "metadata.tar.gz", "requirements.txt"


def image_context(spec: SandboxSpec) -> dict[str, bytes | Callable[[], bytes]]:
    """Return the files that an image is built from, beside its Dockerfile; archives are made when asked."""
    folders = _folders(spec)
    files: dict[str, bytes | Callable[[], bytes]] = {
        _REPOSITORY: partial(_packed, spec.layers),
        _PINS: "".join(f"{pin}\n" for pin in _pins(folders[PACKAGES])).encode(),
    }
    if METADATA in folders:
        files[_BUILD] = partial(_packed, (folders[METADATA],))
    return files


@lru_cache(maxsize=2)
def _packed(layers: tuple[Path, ...]) -> bytes:
    """Pack stacked folders; an image's two archives are kept while the next task folder asks for them too."""
    return pack(stack(layers))


def dockerfile(spec: SandboxSpec) -> str:
    """Return what builds an image that runs tests as the sandbox of a spec does."""
    folders = _folders(spec)
    lines = [f"FROM python:{_python(spec)}"]
    if spec.system_packages:
        names = shlex.join(spec.system_packages)
        lines.append(
            f"RUN apt-get update && apt-get install --yes --no-install-recommends {names} "
            "&& rm -rf /var/lib/apt/lists/*"
        )
    lines += [
        f"COPY {_PINS} /tmp/{_PINS}",
        f"RUN python -m pip install --no-cache-dir --no-deps --requirement /tmp/{_PINS}",
    ]
    if METADATA in folders:
        lines.append(f"ADD {_BUILD} {METADATA}/")
    lines += [f"ADD {_REPOSITORY} {WORKDIR}/", f"WORKDIR {WORKDIR}"]
    lines += [f"ENV {name}={_quoted(value)}" for name, value in _variables(spec).items()]
    return "\n".join(lines) + "\n"


def _folders(spec: SandboxSpec) -> Mapping[str, Path]:
    return {mount.target: mount.source for mount in spec.mounts}


def _python(spec: SandboxSpec) -> str:
    """Return the version of the interpreter that an environment brings, else of the one that runs."""
    others = [mount.source for mount in spec.mounts if mount.target not in (PACKAGES, METADATA)]
    return others[0].resolve().parent.name if spec.brings_python else platform.python_version()


def _pins(packages: Path) -> list[str]:
    """Return the pins of what is installed in a folder."""
    found = distributions(path=[str(packages)])
    return sorted(f"{each.metadata['Name']}=={each.version}" for each in found)


def _variables(spec: SandboxSpec) -> Mapping[str, str]:
    """Return the variables of a spec; packages are where the image's Python finds them itself."""
    search = [place for place in spec.environment["PYTHONPATH"].split(":") if place != PACKAGES]
    return {
        name: ":".join(search) if name == "PYTHONPATH" else value
        for name, value in spec.environment.items()
        if name != "PATH"
    }


def _quoted(value: str) -> str:
    """Quote a value as a Dockerfile's ENV does."""
    for mark in ("\\", '"', "$"):
        value = value.replace(mark, f"\\{mark}")
    return f'"{value}"'
