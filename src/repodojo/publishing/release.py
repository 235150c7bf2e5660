"""The files of a release: every repository with card, licence, notice, lineage and digests."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from repodojo.environments.projects import Project
from repodojo.publishing.cards import write_card, write_index, write_notice
from repodojo.publishing.repository import Kind, Repository

File = bytes | Path | str | Callable[[], str]


def lineage_of(sources: Sequence[str], provenance: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return who made each of the datasets, with all parameters and inputs; empty where not recorded."""
    datasets, configurations = provenance["datasets"], provenance["configurations"]
    found = {name: dict(datasets.get(name, {})) for name in sources}
    return {
        name: {**entry, **configurations.get(entry.get("configuration"), {})} for name, entry in found.items()
    }


def release_files(
    repositories: Sequence[Repository],
    projects: Sequence[Project],
    provenance: Mapping[str, Any],
    licence: str,
    name: str,
) -> dict[str, File]:
    """Return the files of the release by path."""
    files: dict[str, File] = {"README.md": write_index(repositories, name), "LICENSE": licence}
    for repository in repositories:
        lineage = lineage_of(repository.sources, provenance)
        own: dict[str, bytes | Path] = {
            **repository.files,
            "README.md": write_card(repository, lineage).encode(),
            "LICENSE": licence.encode(),
            "lineage.json": (json.dumps(lineage, indent=1, ensure_ascii=False) + "\n").encode(),
        }
        if repository.kind == "dataset":
            own["NOTICE"] = write_notice(projects).encode()
        files |= {f"{repository.folder}/{path}": content for path, content in own.items()}
        files[f"{repository.folder}/SHA256SUMS"] = partial(digest_list, own)
    return files


def digest_list(files: Mapping[str, bytes | Path]) -> str:
    """Return the digests of files as ``sha256sum --check`` reads them."""
    return "".join(f"{_sha256(content)}  {path}\n" for path, content in sorted(files.items()))


def _sha256(content: bytes | Path) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folders_of(release: Path) -> dict[Path, Kind]:
    """Return the repositories of a written release, and what each is."""
    kinds: tuple[Kind, ...] = ("dataset", "model")
    return {folder: kind for kind in kinds for folder in sorted((release / f"{kind}s").iterdir())}
