"""Builds an instance's layer: what differs from its environment, and a ``.git`` that ends at its base.

The layer lies above the environment's source in an overlay, so it costs what differs and no more. Its
repository holds the history up to ``base_commit`` (`history`; one root commit where the environment keeps
none) and nothing else: no object, tag, remote or log from after it. The proof, git's own list of its objects,
lies beside the layer as ``<layer>.proof.json``.
"""

import json
import os
import shutil
import stat
from dataclasses import asdict
from pathlib import Path

from repodojo.environments.base_repository import (
    RepositoryProof,
    prove_repository,
    write_repository,
)
from repodojo.environments.git_objects import Tree, commit_hash, read_blob, read_tree
from repodojo.environments.history import HISTORY, write_history
from repodojo.environments.host_base import SEARCH_PATH
from repodojo.environments.interpreters import PREFIX_FILE
from repodojo.environments.sandbox import Limits, Mount, SandboxSpec
from repodojo.environments.surroundings import read_surroundings
from repodojo.environments.trees import apply_patches
from repodojo.errors import BuildError
from repodojo.types import Environment, Instance
from repodojo.unfinished import unfinished, write_text

WORKDIR = "/testbed"
PACKAGES = "/opt/packages"
METADATA = "/opt/metadata"
_SOURCES = ("src", "lib")
"""Folders that packages lie in, where they do not lie at the top."""
_VARIABLES = {"PYTHONHASHSEED": "0", "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}


def base_commit_of(tree: Path) -> str:
    """Return the hash of the root commit of a folder's files; repositories and bytecode are left out."""
    return commit_hash(read_tree(tree))


def build_instance_layer(source: Path, instance: Instance, target: Path) -> str:
    """Build an instance's layer above the pristine ``source``, unless it is there; returns its base commit.

    Raises:
        BuildError: a patch does not come off, or the commit is not ``instance.base_commit``.
    """
    if target.is_dir():
        return instance.base_commit
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = unfinished(target)
    temporary.mkdir()
    try:
        found = _build(source, instance, temporary)
        _write_proof(prove_repository(temporary / ".git", found), target)
        _publish(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return found


def forget_layer(instance: Instance, layers_root: Path) -> None:
    """Remove an instance's layer: its environment is made anew, and may hold other files."""
    shutil.rmtree(_layer(instance, layers_root), ignore_errors=True)


def _layer(instance: Instance, layers_root: Path) -> Path:
    return layers_root / f"{instance.instance_id}.{instance.base_commit[:16]}"


def instance_sandbox_spec(
    instance: Instance, environments_root: Path, layers_root: Path, limits: Limits | None = None
) -> SandboxSpec:
    """Return what to start for an instance, building its layer first if it is not there.

    Raises:
        BuildError: the layer cannot be built.
    """
    source = environments_root / instance.environment / "source"
    layer = _layer(instance, layers_root)
    build_instance_layer(source, instance, layer)
    return sandbox_spec((layer, source), environments_root / instance.environment, limits)


def environment_sandbox_spec(
    environment: Environment, environments_root: Path, limits: Limits | None = None
) -> SandboxSpec:
    """Return what to start for a pristine environment; it has no repository."""
    source = environments_root / environment.source
    return sandbox_spec((source,), (environments_root / environment.packages).parent, limits)


def sandbox_spec(layers: tuple[Path, ...], folder: Path, limits: Limits | None = None) -> SandboxSpec:
    """Return what to start for stacked sources with what an environment's folder holds beside them.

    That is ``packages`` and, where they are there, ``metadata`` (what the project's build says of it),
    ``interpreter`` (a copy of a Python, else the base's is used) and ``surroundings.json``.
    """
    search = [f"{WORKDIR}/{name}" for name in _SOURCES if (layers[-1] / name).is_dir()] + [WORKDIR]
    around = read_surroundings(folder)
    # What most sandboxes share comes first, for each mount is a layer of an image above those before it.
    mounts, variables = [], {**around.variables, **_VARIABLES}
    if (folder / "interpreter").is_dir():
        prefix = (folder / "interpreter" / PREFIX_FILE).read_text()
        mounts.append(Mount(folder / "interpreter" / "tree", prefix))
        variables["PATH"] = f"{prefix}/bin:{SEARCH_PATH}"
    mounts.append(Mount(folder / "packages", PACKAGES))
    if (folder / "metadata").is_dir():
        mounts.append(Mount(folder / "metadata", METADATA))
    search += [mount.target for mount in mounts if mount.target in (PACKAGES, METADATA)]
    return SandboxSpec(
        layers=layers,
        workdir=WORKDIR,
        mounts=tuple(mounts),
        environment={**variables, "PYTHONPATH": ":".join(search)},
        limits=limits or Limits(),
        system_packages=around.system_packages,
        test_runner=around.test_runner,
        test_options=around.test_options,
    )


def _build(source: Path, instance: Instance, folder: Path) -> str:
    bytecode = next(source.rglob("*.pyc"), None)
    if bytecode is not None:
        raise BuildError(
            f"{instance.instance_id}: {bytecode} would show the repaired code; remove all bytecode"
        )
    pristine = read_tree(source)
    touched = _take_off(pristine, instance, folder)
    changed = {path: read_blob(folder / path) for path in touched if os.path.lexists(folder / path)}
    removed = [path for path in touched if path not in changed and path in pristine]
    base = {path: blob for path, blob in {**pristine, **changed}.items() if path not in removed}
    kept = source.parent / HISTORY
    found = write_history(kept, base, folder) if kept.is_dir() else write_repository(base, folder / ".git")
    if found != instance.base_commit:
        raise BuildError(
            f"{instance.instance_id}: base_commit is {instance.base_commit}, but the tree under {source} "
            f"without the patches has {found}"
        )
    for path in removed:
        _write_whiteout(folder / path)
    return found


def _take_off(pristine: Tree, instance: Instance, folder: Path) -> list[str]:
    """Undo the instance's patches in ``folder``, made to hold just the files they touch; returns these.

    Raises:
        BuildError: one does not come off.
        InputError: one is refused as a whole.
    """
    named = (("test_patch", instance.test_patch), ("patch", instance.patch))
    patches = [(f"{instance.instance_id}: {name}", patch) for name, patch in named]
    return sorted(apply_patches(pristine, patches, folder, "-R"))


def _write_whiteout(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(0, 0))


def proof_of(layer: Path) -> Path:
    """Return where the proof of a layer's repository is."""
    return layer.with_name(f"{layer.name}.proof.json")


def _write_proof(proof: RepositoryProof, layer: Path) -> None:
    write_text(proof_of(layer), json.dumps(asdict(proof), indent=1))


def _publish(folder: Path, target: Path) -> None:
    """Rename into place; whoever came first wins, and both built the same."""
    try:
        folder.rename(target)
    except OSError:
        if not target.is_dir():
            raise
