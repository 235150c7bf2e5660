"""A package index on loopback that says when each file was uploaded (PEP 700), and wheels to put into it."""

import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distribution
from threading import Thread

from packaging.utils import canonicalize_name


def make_wheel(
    name: str, version: str, files: Mapping[str, str | bytes], requires: tuple[str, ...] = ()
) -> tuple[str, bytes]:
    """Return the file name and the content of a pure-Python wheel."""
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {line}\n" for line in requires)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
    wheel = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    return _zip(name, version, {**files, f"{info}/METADATA": metadata, f"{info}/WHEEL": wheel})


def make_sdist(name: str, files: Mapping[str, str]) -> bytes:
    """Return the content of a source distribution."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return content.getvalue()


def installed_wheel(name: str) -> tuple[str, bytes]:
    """Return an installed pure-Python distribution as a wheel again."""
    found = distribution(name)
    left_out = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
    files = {
        path.as_posix(): path.read_binary()
        for path in found.files or []
        if path.parts[0] != ".." and path.suffix != ".pyc" and path.name not in left_out
    }
    info = next(path.split("/")[0] for path in files if path.endswith(".dist-info/METADATA"))
    return _zip(info.split("-")[0], found.version, files)


def _zip(name: str, version: str, files: Mapping[str, str | bytes]) -> tuple[str, bytes]:
    content = io.BytesIO()
    record = f"{name}-{version}.dist-info/RECORD"
    with zipfile.ZipFile(content, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
        archive.writestr(record, "".join(f"{path},,\n" for path in [*files, record]))
    return f"{name}-{version}-py3-none-any.whl", content.getvalue()


@contextmanager
def serve_index(wheels: Mapping[str, tuple[bytes, str]]) -> Iterator[str]:
    """Serve wheels by file name, each with its upload time; yields the address of the index."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            *_, kind, name = self.path.rstrip("/").rsplit("/", 2)
            if kind == "files" and name in wheels:
                return self._answer(wheels[name][0], "application/octet-stream")
            files = [
                {
                    "filename": file,
                    "url": f"/files/{file}",
                    "hashes": {"sha256": hashlib.sha256(content).hexdigest()},
                    "upload-time": uploaded,
                }
                for file, (content, uploaded) in wheels.items()
                if canonicalize_name(file.split("-")[0]) == name
            ]
            if kind != "simple" or not files:
                return self.send_error(404)
            page = {"meta": {"api-version": "1.1"}, "name": name, "files": files, "versions": []}
            return self._answer(json.dumps(page).encode(), "application/vnd.pypi.simple.v1+json")

        def _answer(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                with suppress(BrokenPipeError):  # uv reads no further than it needs
                    self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple/"
    finally:
        server.shutdown()
