"""A hub on loopback that holds one set, o/set, at one revision."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REVISION = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def serve_hub(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Give the hub's address, and the paths that it was asked for, while it serves the files of a folder."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.partition("?")[0]
            asked.append(path)
            if path == f"/api/datasets/o/set/tree/{REVISION}":
                listed = [{"type": "file", "path": name, "size": 1, "oid": "0" * 40} for name in names]
                return self.reply(json.dumps(listed).encode(), "application/json")
            start = f"/datasets/o/set/resolve/{REVISION}/"
            if path.startswith(start) and path.removeprefix(start) in names:
                return self.reply((folder / path.removeprefix(start)).read_bytes(), "application/x")
            return self.reply(b"{}", "application/json", 404)

        do_HEAD = do_GET

        def reply(self, body, kind, status=200):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", f'"{hashlib.sha1(body).hexdigest()}"')
            self.send_header("X-Repo-Commit", REVISION)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
