"""One container: what it may use, what its process 1 is told, and that closing leaves nothing of it."""

import base64
import json
import marshal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from typing import Any

from docker.errors import APIError, NotFound

from repodojo.environments import inside
from repodojo.environments.docker_connection import DockerConnection
from repodojo.environments.docker_images import LAYER, mount_point
from repodojo.environments.docker_leftovers import owner_labels
from repodojo.environments.host_base import SMALL_FILES
from repodojo.environments.inside import frames
from repodojo.environments.inside.control_groups import MEMORY, PIDS, most
from repodojo.environments.sandbox import Limits, SandboxSpec
from repodojo.environments.supervised_sandbox import (
    BASE,
    has_repository,
    receive_reply,
    start_patience_s,
)
from repodojo.errors import SandboxError

USER = 1000
"""Who runs commands in a container."""
_HOME = "/home/dojo"
_REMOVAL_S = 60.0
_SETUP_RIGHTS = ["SYS_ADMIN", "SETUID", "SETGID", "SETPCAP", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID"]
_BOOT = f"{inside.__name__}.boot"
_STREAMS = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
_LINKS = [
    ("/dev/fd", "/proc/self/fd"),
    *(
        (f"/dev/{name}", f"/proc/self/fd/{number}")
        for number, name in enumerate(("stdin", "stdout", "stderr"))
    ),
]


class ContainerConnection(DockerConnection):
    """The connection to a container; closing it removes the container."""

    def __init__(self, api: Any, container: str) -> None:
        """Attach to a container that was made and not started."""
        super().__init__(api.attach_socket(container, params=_STREAMS))
        self._api = api
        self._container = container

    def close(self) -> None:
        """Hang up, and wait until the container is gone."""
        super().close()
        remove_container(self._api, self._container)


def remove_container(api: Any, container: str) -> None:
    """Remove a container, if its own end has not removed it, and wait until it is gone."""
    try:
        api.remove_container(container, force=True, v=True)
    except NotFound:
        return
    except APIError as error:
        if error.status_code != 409:
            raise SandboxError(f"the container {container[:12]} cannot be removed: {error}") from error
        with suppress(NotFound):
            api.wait(container, timeout=_REMOVAL_S, condition="removed")


def container_plan(
    spec: SandboxSpec, search_path: str, copies_layers: bool, snapshot_bytes: int
) -> dict[str, Any]:
    """Return what process 1 makes of an image."""
    trees = [(mount_point(number), mount.target) for number, mount in enumerate(spec.mounts)]
    if has_repository(spec):
        trees.append((f"{LAYER}/.git", f"{BASE}/.git"))
    return {
        "layers": [LAYER] if spec.layers else [],
        "workdir": spec.workdir,
        "trees": trees,
        "veiled": [],
        "masks": [],
        "links": _LINKS,
        "files": SMALL_FILES,
        "limits": asdict(spec.limits),
        "network": spec.network,
        "environment": {"PATH": search_path, "HOME": _HOME, **spec.environment},
        "copies_layers": copies_layers,
        "user": USER,
        "snapshot_bytes": snapshot_bytes,
    }


def launch_container(
    api: Any, image: str, limits: Limits, plan: Mapping[str, Any], archive: bytes
) -> ContainerConnection:
    """Start a container and its process 1, and wait until it is ready.

    Raises:
        SandboxError: it does not become a sandbox.
    """
    container = _create(api, image, limits, plan["network"])
    try:
        connection = ContainerConnection(api, container)
    except BaseException:
        remove_container(api, container)
        raise
    try:
        api.start(container)
        _instruct(connection, plan, archive)
    except BaseException:
        connection.close()
        raise
    return connection


def _create(api: Any, image: str, limits: Limits, network: str) -> str:
    bounds = most(asdict(limits))
    host = api.create_host_config(
        network_mode=network,
        mem_limit=bounds[MEMORY],
        memswap_limit=bounds[MEMORY],
        pids_limit=bounds[PIDS],
        cap_drop=["ALL"],
        cap_add=_SETUP_RIGHTS,
        security_opt=["seccomp=unconfined", "apparmor=unconfined"],
        log_config={"Type": "none", "Config": {}},
        ipc_mode="private",
        auto_remove=True,
    )
    made = api.create_container(
        image,
        entrypoint=["python3", "-I", "-S", "-c", _sources()[_BOOT]],
        command=[],
        stdin_open=True,
        user="0:0",
        working_dir="/",
        hostname=None if network == "host" else "sandbox",
        labels=owner_labels(),
        host_config=host,
    )
    return str(made["Id"])


def _instruct(connection: ContainerConnection, plan: Mapping[str, Any], archive: bytes) -> None:
    data = json.dumps({**program(), "plan": plan}).encode()
    try:
        connection.settimeout(start_patience_s(archive))
        connection.sendall(f"{len(data):010}".encode() + data + archive)
        reply = receive_reply(connection)
        connection.settimeout(None)
    except OSError as error:
        said = connection.errors.decode(errors="replace").strip() or str(error)
        raise SandboxError(f"the container's process 1 did not start: {said}") from error
    if reply.kind == frames.FAILURE:
        raise SandboxError(f"the container cannot become a sandbox: {reply.payload.decode(errors='replace')}")


@cache
def program() -> Mapping[str, Any]:
    """Return what runs in a container, as `inside.boot` takes it."""
    compiled = {name: compile(text, name, "exec") for name, text in _sources().items()}
    bytecode = {name: base64.b64encode(marshal.dumps(code)).decode() for name, code in compiled.items()}
    return {"sources": _sources(), "bytecode": bytecode, "magic": MAGIC_NUMBER.hex()}


@cache
def _sources() -> Mapping[str, str]:
    folder = Path(inside.__file__).parent
    packages = ["repodojo", "repodojo.environments", inside.__name__]
    sources = {f"{inside.__name__}.{path.stem}": path.read_text() for path in sorted(folder.glob("*.py"))}
    return {**dict.fromkeys(packages, ""), **sources}
