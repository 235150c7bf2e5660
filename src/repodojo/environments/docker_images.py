"""Docker images for stacked layers: one image layer for each folder, above a base image, named by content.

Two sandboxes of an instance share all of its image; two instances share that of their repository version.
"""

import hashlib
import io
import json
import os
import stat
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from docker.errors import ImageNotFound

from repodojo.errors import SandboxError

LAYER = "/.repodojo/layer"
"""Where an image holds what a sandbox sees at its working folder."""
REPOSITORY = "repodojo/layer"


def mount_point(number: int) -> str:
    """Return where an image holds a mount."""
    return f"/.repodojo/mount{number}"


class DockerImages:
    """Builds what is missing; safe for several threads.

    Args:
        api: the Docker SDK's low-level client.
        base: name of the image at the bottom.
        user: who owns the layers' files.
    """

    def __init__(self, api: Any, base: str, user: int) -> None:
        self._api = api
        self._base = base
        self._user = user
        self._lock = threading.Lock()
        self._digests: dict[str, str] = {}

    def image_for(self, mounts: Sequence[Path], layers: Sequence[Path]) -> str:
        """Return an image with the mounts and the layers (topmost first), building it where it is not there.

        Raises:
            SandboxError: the base image is missing, or an image cannot be built.
        """
        with self._lock:
            parent = self._base_id()
            for number, mount in enumerate(mounts):
                parent = self._ensure(parent, mount, mount_point(number), ())
            for index in reversed(range(len(layers))):
                parent = self._ensure(parent, layers[index], LAYER, layers[index + 1 :])
        return parent

    def _base_id(self) -> str:
        found = self._find(self._base)
        if found is None:
            raise SandboxError(
                f"the Docker image {self._base} is not here; fetch it with 'docker pull {self._base}', or "
                f"name another one that holds bash, git and Python 3.10 or later"
            )
        return found

    def _find(self, name: str) -> str | None:
        # Ten times faster than the engine's search by name.
        try:
            return str(self._api.inspect_image(name)["Id"])
        except ImageNotFound:
            return None

    def _ensure(self, parent: str, source: Path, target: str, lower: Sequence[Path]) -> str:
        key = f"{parent} {self._user} {target} {self._digest(source)}"
        digest = hashlib.sha256(key.encode()).hexdigest()[:32]
        name = f"{REPOSITORY}:{digest}"
        found = self._find(name)
        if found is not None:
            return found
        with tempfile.TemporaryFile() as context:
            self._write_context(context, parent, source, target, lower)
            context.seek(0)
            self._build(context, name)
        built = self._find(name)
        if built is None:
            raise SandboxError(f"Docker built {name} for {source}, but does not show it")
        return built

    def _write_context(
        self, context: IO[bytes], parent: str, source: Path, target: str, lower: Sequence[Path]
    ) -> None:
        lines = [f"FROM {parent}", "USER 0:0"]
        gone = [f"{target}/{path}" for path in _replaced(source, lower)]
        if gone:
            lines.append(f"RUN {json.dumps(['rm', '-rf', '--', *gone])}")
        lines.append(f"COPY --chown={self._user}:{self._user} files {target}")
        with tarfile.open(fileobj=context, mode="w", format=tarfile.PAX_FORMAT) as tar:
            _add_text(tar, "Dockerfile", "\n".join(lines))
            tar.add(source.resolve(), "files", recursive=False)
            for path, status in _walk(source):
                if any(is_kind(status.st_mode) for is_kind in (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)):
                    tar.add(source / path, f"files/{path}", recursive=False)

    def _build(self, context: IO[bytes], name: str) -> None:
        answers = self._api.build(
            fileobj=context,
            custom_context=True,
            tag=name,
            rm=True,
            forcerm=True,
            network_mode="none",
            decode=True,
        )
        for answer in answers:
            if "error" in answer:
                raise SandboxError(f"Docker cannot build {name}: {answer['error'].strip()}")

    def _digest(self, layer: Path) -> str:
        """Return the digest of a folder or file, read again only when a time or size in it changed."""
        seen = hashlib.sha256(os.fsencode(layer.resolve()))
        entries = [("", layer.stat()), *_walk(layer)]
        for path, status in entries:
            seen.update(f"{path!r} {status.st_mode} {status.st_size} {status.st_mtime_ns}\n".encode())
        key = seen.hexdigest()
        if key not in self._digests:
            self._digests[key] = _content_digest(layer, entries)
        return self._digests[key]


def _content_digest(layer: Path, entries: Sequence[tuple[str, os.stat_result]]) -> str:
    digest = hashlib.sha256()
    for path, status in entries:
        content = b""
        if stat.S_ISREG(status.st_mode):
            content = (layer / path).read_bytes()
        elif stat.S_ISLNK(status.st_mode):
            content = os.fsencode((layer / path).readlink())
        digest.update(f"{path!r} {status.st_mode} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _walk(folder: Path, prefix: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """Yield the relative path and status of everything in a folder, in a fixed order; nothing for a file."""
    if folder.is_file():
        return
    with os.scandir(folder / prefix) as scanned:
        entries = sorted(scanned, key=lambda entry: entry.name)
    for entry in entries:
        path = f"{prefix}{entry.name}"
        yield path, entry.stat(follow_symlinks=False)
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(folder, f"{path}/")


def _replaced(layer: Path, lower: Sequence[Path]) -> list[str]:
    """Return what must go before a layer's files are copied: whiteouts, and folders in place of files."""
    gone = []
    for path, status in _walk(layer):
        is_folder = stat.S_ISDIR(status.st_mode)
        below = [folder / path for folder in lower if os.path.lexists(folder / path)]
        if stat.S_ISCHR(status.st_mode) or any(
            (other.is_dir() and not other.is_symlink()) != is_folder for other in below
        ):
            gone.append(path)
    return gone


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))
