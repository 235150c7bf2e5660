"""Sandboxes from a Docker engine: one container each, reached over the standard input of its process 1.

The container runs the program that the namespaces backend runs as its process 1 (`inside.supervisor`), sent
to it when it starts: nothing is installed in the image, no port is opened and no network is made. The
layers of a sandbox are layers of an image (`docker_images`); what it writes goes to a tmpfs of fixed size,
joined with the image by an overlay, or copied together where the kernel refuses that.

What is enforced, by what: memory and number of processes by the container's control group (of version 1 or 2,
which a sandbox's `mechanisms` name), and ten times a second by process 1, which says in the output what it
killed; disk and number of files by the tmpfs; open files, file size, memory and CPU seconds of each process
by rlimits.

What this does not protect against: faults of the kernel and of the engine; timing and cache side channels;
reading the kernel's version, processors and load, and where the engine keeps its images; using up what the
kernel counts by user, whom the commands of all containers are (inotify instances, epoll's watches), or by
machine (the memory of TCP). Process 1 starts as root
with the right to mount, and gives that up, with every capability, before the first command; commands run as
an unprivileged user behind the system call filter of `inside.seccomp`, which takes the place of Docker's
own. Images of layers stay with the engine until they are removed by hand. Debian packages that an environment
asks for are added by apt when its image is made, as new as the image's archives have them that day.
"""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from docker.errors import DockerException, ImageNotFound
from requests.exceptions import RequestException

import docker
from repodojo.environments.docker_container import USER, container_plan, launch_container
from repodojo.environments.docker_context import ADDED
from repodojo.environments.docker_images import DockerImages
from repodojo.environments.docker_leftovers import remove_leftovers
from repodojo.environments.docker_packages import packages_error
from repodojo.environments.docker_pool import WarmPool
from repodojo.environments.elsewhere import revive
from repodojo.environments.sandbox import SandboxSpec
from repodojo.environments.supervised_sandbox import Connection, SupervisedSandbox
from repodojo.errors import SandboxError

PUBLIC_IMAGE = "python:3.11-slim-bookworm"
_REQUEST_S = 120


class DockerSandboxes:
    """Starts sandboxes; safe to use from several threads."""

    def __init__(
        self,
        name: str = "docker",
        image: str = PUBLIC_IMAGE,
        engine: str | None = None,
        copies_layers: bool = False,
        warm: int = 0,
    ) -> None:
        """Start nothing yet.

        Args:
            name: of the backend, for records.
            image: the base; it holds bash and Python 3.10 or later, and git or apt-get, which adds git
                in a layer of its own when the image is first used.
            engine: address such as ``unix:///var/run/docker.sock``; ``DOCKER_HOST`` and its like decide
                unless given.
            copies_layers: does without overlayfs inside the container.
            warm: containers kept ready for each of the last few kinds of sandbox that were started.
        """
        self.name = name
        self._image = image
        self._engine = engine
        self._copies_layers = copies_layers
        self._warm = warm
        self._pool = WarmPool(warm)
        self._lock = threading.Lock()
        self._api: Any = None
        self._images: DockerImages | None = None
        self._search_paths: dict[str, str] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        settings = (self.name, self._image, self._engine, self._copies_layers, self._warm)
        return revive, (type(self), *settings)

    @property
    def base(self) -> str:
        """The backend and its image."""
        return f"docker, {self._image}"

    def system_packages(self, names: Sequence[str]) -> tuple[str, ...]:
        """Add packages to the image, unless they are there; returns each as ``name=version``.

        Raises:
            LackingPackagesError: the image's own archives have none of some names.
            BuildError: apt failed for another reason.
        """
        if not names:
            return ()
        try:
            with self.start(SandboxSpec(layers=(), system_packages=tuple(names))) as sandbox:
                return tuple(sorted(sandbox.read(ADDED).decode().split()))
        except SandboxError as error:
            raise packages_error(names, str(error)) from error

    @contextmanager
    def start(self, spec: SandboxSpec) -> Iterator[SupervisedSandbox]:
        """Start a sandbox; leaving the context closes it.

        Raises:
            SandboxError: it cannot be started; the message says why and what to do.
        """
        for path in [*spec.layers, *(mount.source for mount in spec.mounts)]:
            if not path.exists():
                raise SandboxError(f"the sandbox cannot start: {path} does not exist")
        sandbox = SupervisedSandbox(partial(self._launch, spec), spec)
        try:
            yield sandbox
        finally:
            sandbox.close()

    def check_support(self) -> None:
        """Start and end a sandbox without layers.

        Raises:
            SandboxError: no engine answers, or it refuses; the message says what to do.
        """
        with self.start(SandboxSpec(layers=())) as sandbox:
            sandbox.run("true", 10)

    def close(self) -> None:
        """End what is kept ready, and let go of the engine."""
        self._pool.close()
        self._pool = WarmPool(self._warm)
        with self._lock:
            if self._api is not None:
                self._api.close()
            self._api = self._images = None

    def _engine_and_images(self) -> tuple[Any, DockerImages]:
        with self._lock:
            if self._api is None or self._images is None:
                settings = {"base_url": self._engine} if self._engine else docker.utils.kwargs_from_env()
                self._api = docker.APIClient(version="auto", timeout=_REQUEST_S, max_pool_size=64, **settings)
                self._images = DockerImages(self._api, self._image, USER)
                remove_leftovers(self._api)
            return self._api, self._images

    def _launch(self, spec: SandboxSpec, archive: bytes) -> Connection:
        """Start a container and return what reaches its process 1; closing that removes the container."""
        with _as_sandbox_error():
            api, images = self._engine_and_images()
            try:
                return self._connect(api, images, spec, archive)
            except ImageNotFound:
                images.forget()
                return self._connect(api, images, spec, archive)

    def _connect(self, api: Any, images: DockerImages, spec: SandboxSpec, archive: bytes) -> Connection:
        mounts = [mount.source for mount in spec.mounts]
        image = images.image_for(mounts, spec.layers, spec.system_packages)
        if image not in self._search_paths:
            self._search_paths[image] = _search_path(api.inspect_image(image))
        plan = container_plan(spec, self._search_paths[image], self._copies_layers, len(archive))
        make = partial(launch_container, api, image, spec.limits, plan, archive)
        return make() if archive else self._pool.take(json.dumps([image, plan]), make)


def _search_path(image: Mapping[str, Any]) -> str:
    variables = dict(text.partition("=")[::2] for text in image["Config"]["Env"] or ())
    return variables.get("PATH") or "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


@contextmanager
def _as_sandbox_error() -> Iterator[None]:
    try:
        yield
    except (DockerException, RequestException) as error:
        raise SandboxError(
            f"Docker refused: {error}; start the engine with 'systemctl start docker', or 'dockerd' as root, "
            f"and name it with DOCKER_HOST where it listens elsewhere"
        ) from error
