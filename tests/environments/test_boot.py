"""How a container's process 1 takes its program."""

import json
import subprocess
import sys

import pytest

from repodojo.environments.docker_container import program
from repodojo.environments.inside import boot, frames


def take_program(**changes):
    """Return what process 1 says to a program whose plan holds nothing."""
    data = json.dumps({**program(), "plan": {}, **changes}).encode()
    source = program()["sources"][boot.__name__]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", source],
        input=f"{len(data):010}".encode() + data,
        capture_output=True,
        check=False,
    )
    return done.stdout[: frames.REPLY.size][:1], done.stdout.decode(errors="replace") + done.stderr.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"sources": dict.fromkeys(program()["sources"], "raise SystemExit(9)")},
        {"bytecode": dict.fromkeys(program()["bytecode"], "AAAA"), "magic": "00000000"},
        {"bytecode": {}},
    ],
    ids=["bytecode", "sources, as another Python needs", "sources"],
)
def test_bytecode_is_used_by_the_python_that_it_is_of_and_sources_by_any_other(changes):
    kind, told = take_program(**changes)
    assert kind == frames.FAILURE
    assert "KeyError: 'links'" in told
