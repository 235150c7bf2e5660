"""What only the Docker backend has: images, containers, and the framing of its connection."""

import io
import os
import signal
import socket
import struct
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import docker
from repodojo.environments.docker import DockerSandboxes
from repodojo.environments.docker_connection import DockerConnection
from repodojo.environments.docker_images import DockerImages
from repodojo.environments.docker_leftovers import owner_labels
from repodojo.environments.sandbox import Limits, SandboxSpec
from repodojo.errors import SandboxError

WAIT_S = 30
OWNER = """
import time
from repodojo.environments.docker import DockerSandboxes
from repodojo.environments.sandbox import SandboxSpec
with DockerSandboxes(image=IMAGE).start(SandboxSpec(layers=())) as sandbox:
    sandbox.execute("(setsid nohup sleep MARK &); sleep MARK & true", 10)
    print("ready", flush=True)
    time.sleep(100)
"""


@pytest.fixture(scope="module")
def backend(start_backend):
    yield from start_backend("docker")


@pytest.fixture
def api(backend):
    client = docker.from_env().api
    yield client
    client.close()


def own_containers(api):
    return api.containers(all=True, filters={"label": "repodojo.owner"})


def wait_until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=80)), max_size=12), st.integers(1, 50))
def test_the_stream_is_standard_output_alone(frames, size):
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.sendall(b"".join(struct.pack(">BxxxL", kind, len(data)) + data for kind, data in frames))
    connection = DockerConnection(ours)
    received = b"".join(iter(lambda: connection.recv(size), b""))
    assert received == b"".join(data for kind, data in frames if kind == 1)
    assert connection.errors == b"".join(data for kind, data in frames if kind == 2)
    connection.close()


@pytest.mark.docker
def test_closing_removes_the_container(backend, api):
    with backend.start(SandboxSpec(layers=())):
        assert len(own_containers(api)) == 1
    assert own_containers(api) == []


@pytest.mark.docker
def test_killing_the_owner_leaves_neither_container_nor_process(backend, api):
    mark = f"98531.{os.getpid()}"
    program = OWNER.replace("MARK", mark).replace("IMAGE", repr(os.environ["REPODOJO_DOCKER_IMAGE"]))
    owner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert owner.stdout.readline() == "ready\n"
    assert len(own_containers(api)) == 1
    os.kill(owner.pid, signal.SIGKILL)
    owner.wait()
    assert wait_until(lambda: own_containers(api) == [])
    listing = subprocess.run(["ps", "axo", "args"], capture_output=True, text=True, check=True).stdout
    assert f"sleep {mark}" not in listing


@pytest.mark.docker
def test_containers_of_dead_owners_are_removed_at_the_next_start_and_others_stay(backend, api):
    image = os.environ["REPODOJO_DOCKER_IMAGE"]
    mine = owner_labels()
    dead = api.create_container(image, ["true"], labels={**mine, "repodojo.owner": "999999999:1"})["Id"]
    alive = api.create_container(image, ["true"], labels=mine)["Id"]
    try:
        DockerSandboxes(image=image).check_support()
        left = {container["Id"] for container in own_containers(api)}
        assert (dead in left, alive in left) == (False, True)
    finally:
        api.remove_container(alive, force=True)


@pytest.mark.docker
def test_instances_share_the_layer_of_their_source_and_each_adds_one(api, tmp_path):
    source, first, second = (tmp_path / name for name in ("source", "first", "second"))
    for folder in (source, first, second):
        folder.mkdir()
        (folder / folder.name).write_text(f"{folder} {time.time_ns()}")
    images = DockerImages(api, os.environ["REPODOJO_DOCKER_IMAGE"], 1000)

    def layers_of(*layers):
        return api.inspect_image(images.image_for([], layers))["RootFS"]["Layers"]

    base, middle, one, two = (
        layers_of(),
        layers_of(source),
        layers_of(first, source),
        layers_of(second, source),
    )
    assert (len(middle), len(one)) == (len(base) + 1, len(base) + 2)
    assert one[:-1] == two[:-1] == middle
    assert one != two
    before = {image["Id"] for image in api.images(all=True)}
    assert layers_of(first, source) == one
    assert {image["Id"] for image in api.images(all=True)} == before
    (first / "first").write_text("changed")
    assert layers_of(first, source) != one


def make_image(api, name, *lines):
    """Make an image of the base image and lines of a Dockerfile; returns its name."""
    text = "\n".join([f"FROM {os.environ['REPODOJO_DOCKER_IMAGE']}", *lines])
    for answer in api.build(fileobj=io.BytesIO(text.encode()), tag=name, network_mode="none", decode=True):
        assert "error" not in answer, answer
    return name


@pytest.fixture
def slim(api):
    """A base image like Python's public slim ones: it holds no git."""
    yield make_image(api, "repodojo/test-slim", "RUN dpkg --purge --force-depends git && ! command -v git")
    api.remove_image("repodojo/test-slim", force=True)


@pytest.mark.docker
def test_git_is_added_to_a_slim_image_once(backend, api, slim, tmp_path, git):
    git(tmp_path, "init", "--quiet")
    (tmp_path / "file").write_text("one\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    with DockerSandboxes(image=slim).start(SandboxSpec(layers=(tmp_path,))) as sandbox:
        sandbox.execute("echo two > file", WAIT_S)
        assert "+two" in sandbox.diff("HEAD")
    before = {image["Id"] for image in api.images(all=True)}
    DockerSandboxes(image=slim).check_support()
    assert {image["Id"] for image in api.images(all=True)} == before


@pytest.mark.docker
def test_what_a_base_image_lacks_is_named(backend, api):
    image = make_image(api, "repodojo/test-bare", "RUN rm /usr/bin/python3")
    try:
        with pytest.raises(SandboxError, match=r"a base image of repodojo/test-bare: .*it has no python3"):
            DockerSandboxes(image=image).check_support()
    finally:
        api.remove_image(image, force=True)


@pytest.mark.docker
def test_an_image_that_was_removed_by_hand_is_made_again(backend, api, tmp_path):
    (tmp_path / "file").write_text(f"{time.time_ns()}")
    spec = SandboxSpec(layers=(tmp_path,))
    with backend.start(spec):
        used = api.inspect_container(own_containers(api)[0]["Id"])["Image"]
    api.remove_image(used, force=True)
    with backend.start(spec) as sandbox:
        assert sandbox.read("file") == (tmp_path / "file").read_bytes()


@pytest.mark.docker
def test_the_container_itself_is_bounded(backend, api):
    limits = Limits(memory_bytes=100 << 20, disk_bytes=20 << 20, processes=33)
    with backend.start(SandboxSpec(layers=(), limits=limits)) as sandbox:
        host = api.inspect_container(own_containers(api)[0]["Id"])["HostConfig"]
        named = sandbox.mechanisms()
    assert host["Memory"] == host["MemorySwap"] == (184 << 20)
    assert (host["PidsLimit"], host["NetworkMode"]) == (35, "none")
    assert all(named[limit].startswith(("cgroup v1, ", "cgroup v2, ")) for limit in ("memory", "processes"))


@pytest.mark.docker
def test_a_missing_image_or_engine_is_named(backend):
    with pytest.raises(SandboxError, match="docker pull no/such"):
        DockerSandboxes(image="no/such").check_support()
    with pytest.raises(SandboxError, match="DOCKER_HOST"):
        DockerSandboxes(engine="unix:///nowhere.sock").check_support()


@pytest.mark.docker
def test_a_warm_sandbox_is_new_and_none_is_left(api, tmp_path):
    (tmp_path / "file").write_text("one\n")
    spec = SandboxSpec(layers=(tmp_path,))
    backend = DockerSandboxes(image=os.environ["REPODOJO_DOCKER_IMAGE"], warm=1)
    with backend.start(spec) as first:
        first.execute("echo changed > file; touch /tmp/x", WAIT_S)
        assert wait_until(lambda: len(own_containers(api)) == 2)
        time.sleep(3)
        before = {container["Id"] for container in own_containers(api)}
        with backend.start(spec) as second:
            assert second.execute("cat file; ls /tmp", WAIT_S).output == b"one\n"
            assert wait_until(lambda: len(own_containers(api)) == 3)
            assert len(before & {container["Id"] for container in own_containers(api)}) == 2
    (tmp_path / "file").write_text("two, and longer\n")
    with backend.start(spec) as third:
        assert third.read("file") == b"two, and longer\n"
    backend.close()
    assert own_containers(api) == []
    with backend.start(spec) as again:
        assert again.execute("true", WAIT_S).exit_code == 0
    backend.close()
    assert own_containers(api) == []
