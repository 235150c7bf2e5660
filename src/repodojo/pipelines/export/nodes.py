"""Nodes of the pipeline `export`."""

from repodojo.environments.workshop import Workshop
from repodojo.publishing.settings import PublishSettings
from repodojo.publishing.tasks import Content, exported_files
from repodojo.types import Instance


def export_instances(
    instances: list[Instance], workshop: Workshop, publish: PublishSettings
) -> tuple[dict[str, Content], list[dict[str, str]]]:
    """Write instances in every format that is read, and list those that cannot be with their reason."""
    return exported_files(instances, workshop.spec, f"{publish.name}-instances")
