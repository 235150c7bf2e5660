"""Docker images for stacked layers: one image layer for each folder, above a base image, named by content.

Two sandboxes of an instance share all of its image; two instances share that of their repository version. The
base image itself is made ready once: git is added to one without it, as slim images are, and one without bash
or a recent Python is refused. Debian packages that an environment asks for are a layer right above it; as
with git, the network is there while they are fetched, and only then.
"""

import hashlib
import os
import tempfile
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any

from docker.errors import ImageNotFound

from repodojo.environments.docker_context import (
    PACKAGES,
    READY,
    content_digest,
    walk,
    write_layer_context,
    write_packages_context,
    write_ready_context,
)
from repodojo.errors import SandboxError

LAYER = "/.repodojo/layer"
"""Where an image holds what a sandbox sees at its working folder."""
REPOSITORY = "repodojo/layer"
_LAST_WORDS = 500


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
        self._known: dict[tuple[tuple[str, ...], int, tuple[str, ...]], str] = {}

    def forget(self) -> None:
        """Ask the engine again what it has: an image that was there is not any more."""
        with self._lock:
            self._known.clear()

    def image_for(
        self, mounts: Sequence[Path], layers: Sequence[Path], system_packages: Sequence[str] = ()
    ) -> str:
        """Return an image with packages, mounts and layers (topmost first), building it where it is missing.

        Raises:
            SandboxError: the base image is missing, or an image cannot be built.
        """
        with self._lock:
            names = tuple(sorted(set(system_packages)))
            key = names, len(mounts), tuple(self._digest(path) for path in (*mounts, *layers))
            if key not in self._known:
                self._known[key] = self._stack(mounts, layers, self._with_packages(names))
            return self._known[key]

    def _stack(self, mounts: Sequence[Path], layers: Sequence[Path], parent: str) -> str:
        for number, mount in enumerate(mounts):
            parent = self._ensure(parent, mount, mount_point(number), ())
        for index in reversed(range(len(layers))):
            parent = self._ensure(parent, layers[index], LAYER, layers[index + 1 :])
        return parent

    def _base_id(self) -> str:
        """Return the base image with all that a sandbox needs of it."""
        found = self._find(self._base)
        if found is None:
            raise SandboxError(
                f"the Docker image {self._base} is not here; fetch it with 'docker pull {self._base}', or "
                f"name another one that holds bash and Python 3.10 or later"
            )
        write = partial(write_ready_context, base=found)
        # Like packages, git is fetched: no other image's making may use the network.
        return self._made(f"{found} {READY}", write, f"a base image of {self._base}", "host")

    def _with_packages(self, names: tuple[str, ...]) -> str:
        """Return the ready base image with Debian packages."""
        base = self._base_id()
        if not names:
            return base
        write = partial(write_packages_context, parent=base, names=names)
        what = f"the packages {', '.join(names)}"
        return self._made(f"{base} {PACKAGES} {' '.join(names)}", write, what, "host")

    def _find(self, name: str) -> str | None:
        # Ten times faster than the engine's search by name.
        try:
            return str(self._api.inspect_image(name)["Id"])
        except ImageNotFound:
            return None

    def _ensure(self, parent: str, source: Path, target: str, lower: Sequence[Path]) -> str:
        key = f"{parent} {self._user} {target} {self._digest(source)}"
        write = partial(
            write_layer_context, parent=parent, source=source, target=target, lower=lower, user=self._user
        )
        return self._made(key, write, f"a layer of {source}", "none")

    def _made(self, key: str, write: Callable[[IO[bytes]], None], what: str, network: str) -> str:
        """Return the image that a key names, building it where it is not there."""
        name = f"{REPOSITORY}:{hashlib.sha256(key.encode()).hexdigest()[:32]}"
        found = self._find(name)
        if found is None:
            with tempfile.TemporaryFile() as context:
                write(context)
                context.seek(0)
                self._build(context, name, what, network)
            found = self._find(name)
        if found is None:
            raise SandboxError(f"Docker built {name}, {what}, but does not show it")
        return found

    def _build(self, context: IO[bytes], name: str, what: str, network: str) -> None:
        said = ""
        answers = self._api.build(
            fileobj=context,
            custom_context=True,
            tag=name,
            rm=True,
            forcerm=True,
            network_mode=network,
            decode=True,
        )
        for answer in answers:
            said = (said + answer.get("stream", ""))[-_LAST_WORDS:]
            if "error" in answer:
                told = " ".join(f"{said} {answer['error']}".split())
                raise SandboxError(f"Docker cannot build {what}: {told}")

    def _digest(self, layer: Path) -> str:
        """Return the digest of a folder or file, read again only when a time or size in it changed."""
        seen = hashlib.sha256(os.fsencode(layer.resolve()))
        entries = [("", layer.stat()), *walk(layer)]
        for path, status in entries:
            seen.update(f"{path!r} {status.st_mode} {status.st_size} {status.st_mtime_ns}\n".encode())
        key = seen.hexdigest()
        if key not in self._digests:
            self._digests[key] = content_digest(layer, entries)
        return self._digests[key]
