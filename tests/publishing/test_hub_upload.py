"""Uploads, by the hub's own client, to a hub on this machine that keeps what it is sent."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from repodojo.pipelines.publish.nodes import plan_uploads
from repodojo.publishing.settings import PublishSettings

PROGRAM = """
import sys
from pathlib import Path
from repodojo.errors import InputError
from repodojo.pipelines.publish.nodes import plan_uploads
from repodojo.publishing.settings import PublishSettings
plan = plan_uploads(Path(sys.argv[1]), PublishSettings(upload_to="someone"))
try:
    for thunk in plan.thunks.values():
        print(thunk()["url"])
except InputError as error:
    print(error)
"""


@pytest.fixture
def release(tmp_path: Path) -> Path:
    for path in ("datasets/dojo-instances/README.md", "models/dojo-policy/config.json"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(f"content of {path}")
    return tmp_path


def answer(path: str, rows: list[Any], address: str) -> dict[str, Any]:
    """What a hub says to a request of an upload; it takes every file as it is."""
    if path == "/api/repos/create":
        return {"url": f"{address}/{rows[0]['organization']}/{rows[0]['name']}"}
    if "/preupload/" in path:
        modes = {"uploadMode": "regular", "shouldIgnore": False}
        return {"files": [{"path": file["path"], **modes} for file in rows[0]["files"]]}
    if "/commit/" in path:
        return {"commitOid": "c0ffee", "commitUrl": f"{address}/{path.removeprefix('/api/')}"}
    return {}


@pytest.fixture
def hub() -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """A hub's address, and what it was asked."""
    asked: list[tuple[str, Any]] = []

    class Hub(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            rows = [json.loads(line) for line in body.splitlines() if line]
            asked.append((self.path, rows))
            content = json.dumps(answer(self.path, rows, f"http://{self.headers['Host']}")).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def run(release: Path, endpoint: str) -> str:
    environment = {
        **os.environ,
        "HF_ENDPOINT": endpoint,
        "HF_TOKEN": "hf_x",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    environment |= {"HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(release.parent / "home")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(release)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nothing_is_uploaded_unless_a_place_is_named(release: Path) -> None:
    assert plan_uploads(release, PublishSettings()).thunks == {}
    planned = plan_uploads(release, PublishSettings(upload_to="someone"))
    assert list(planned.thunks) == ["dojo-instances", "dojo-policy"]


def test_every_repository_is_created_private_and_uploaded_as_one_commit(
    release: Path, hub: tuple[str, list[tuple[str, Any]]]
) -> None:
    endpoint, asked = hub
    assert run(release, endpoint).split() == [
        f"{endpoint}/datasets/someone/dojo-instances/commit/main",
        f"{endpoint}/models/someone/dojo-policy/commit/main",
    ]
    created = [rows[0] for path, rows in asked if path == "/api/repos/create"]
    assert all(row["visibility"] == "private" for row in created)
    commits = [rows for path, rows in asked if "/commit/" in path]
    assert [[row["value"]["path"] for row in rows if row["key"] == "file"] for rows in commits] == [
        ["README.md"],
        ["config.json"],
    ]


def test_a_hub_that_cannot_be_reached_is_one_clear_error(release: Path) -> None:
    told = run(release, "http://127.0.0.1:9")
    assert told.startswith("uploading someone/dojo-instances to http://127.0.0.1:9: ")
    assert told.strip().endswith("does HF_TOKEN hold a token that may write there?")
