"""Where instances come alive."""

from pathlib import Path

import pytest

from repodojo.datasets.workshop import WorkshopDataset
from repodojo.errors import InputError


def workshop(root: Path, backend: str, **operation: str) -> WorkshopDataset:
    return WorkshopDataset(
        backend=backend, environments=str(root / "e"), layers=str(root / "l"), operation=operation
    )


def test_an_unknown_backend_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match="unknown sandbox backend 'chroot', expected one of: docker, namespaces"
    ):
        workshop(tmp_path, "chroot")


def test_another_image_is_another_workshop(tmp_path: Path) -> None:
    """Results of one image used to be taken for those of any other."""
    slim, full, none = (
        workshop(tmp_path, backend, **operation).identity()
        for backend, operation in (
            ("docker", {"image": "python:3.11-slim-bookworm"}),
            ("docker", {"image": "python:3.11-bookworm"}),
            ("namespaces", {}),
        )
    )
    assert slim != full
    assert none not in (slim, full)
