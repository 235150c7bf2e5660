"""Nodes of the pipeline `publish`."""

from functools import partial
from pathlib import Path
from typing import Any

from repodojo.datasets.files import file_digest
from repodojo.datasets.plan import Plan
from repodojo.instances.settings import EnvBuildSettings
from repodojo.publishing.hub_upload import upload_folder
from repodojo.publishing.release import File, folders_of, release_files
from repodojo.publishing.repositories import all_repositories
from repodojo.publishing.settings import PublishSettings


def build_release(
    provenance: dict[str, Any],
    licence: str,
    env_build: EnvBuildSettings,
    publish: PublishSettings,
    **found: Any,
) -> dict[str, File]:
    """Build the files of the release from the datasets that it is made of."""
    repositories = all_repositories(publish.name, found)
    return release_files(repositories, env_build.projects, provenance, licence, publish.name)


def plan_uploads(release: Path, publish: PublishSettings) -> Plan:
    """Plan the upload of every repository; of none, unless a place to upload to is named."""
    found = folders_of(release) if publish.upload_to else {}
    return Plan(
        {
            folder.name: partial(upload_folder, folder, kind, publish.upload_to, publish.private)
            for folder, kind in found.items()
        },
        {
            "upload_to": publish.upload_to,
            "folders": {folder.name: file_digest(folder) for folder in found},
        },
    )
