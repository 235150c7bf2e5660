"""A recorded GitHub on loopback: answers by address, with faults before them."""

import hashlib
import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DIFF = "application/vnd.github.diff"
PULLS = "/repos/o/r/pulls"
SHA = "0123456789abcdef0123456789abcdef01234567"


class Recorded:
    """What the server knows, and what it was asked."""

    def __init__(self) -> None:
        self.lists: dict[str, list] = {}
        self.objects: dict[str, object] = {}
        self.diffs: dict[str, bytes] = {}
        self.faults: defaultdict[str, list] = defaultdict(list)
        """By path: (status, headers, body) to answer first; a body of None tears the connection."""
        self.asked: list[tuple[str, str, int]] = []
        """Path, authorization and status of every answer."""
        self.headers: dict[str, str] = {}
        self.page_size = 2
        self.url = ""

    def answer(self, path, query, headers):
        if self.faults[path]:
            return self.faults[path].pop(0)
        if headers.get("Accept") == DIFF:
            return (200, {}, self.diffs[path]) if path in self.diffs else (406, {}, b"{}")
        if path in self.objects:
            return self.tagged(json.dumps(self.objects[path]).encode(), {}, headers)
        if path not in self.lists:
            return 404, {}, b'{"message": "Not Found"}'
        size, number = min(int(query["per_page"]), self.page_size), int(query.get("page", 1))
        items = self.lists[path]
        last = max(1, -(-len(items) // size))
        names = "&".join(f"{key}={value}" for key, value in query.items() if key != "page")
        links = [
            f'<{self.url}{path}?{names}&page={to}>; rel="{rel}"'
            for rel, to in (("next", number + 1), ("last", last))
            if number < last
        ]
        body = json.dumps(items[(number - 1) * size : number * size]).encode()
        return self.tagged(body, {"Link": ", ".join(links)} if links else {}, headers)

    def tagged(self, body, extra, headers):
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if headers.get("If-None-Match") == etag:
            return 304, {"ETag": etag, **extra}, b""
        return 200, {"ETag": etag, **extra}, body


class Handler(BaseHTTPRequestHandler):
    recorded: Recorded

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        pairs = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        status, headers, body = self.recorded.answer(path, pairs, self.headers)
        self.recorded.asked.append((self.path, self.headers.get("Authorization", ""), status))
        self.send_response(status)
        for name, value in {**self.recorded.headers, **headers}.items():
            self.send_header(name, value)
        content = b'{"torn": ' if body is None else body
        self.send_header("Content-Length", str(len(content) + (100 if body is None else 0)))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = body is None

    def log_message(self, *arguments) -> None:
        """Say nothing."""


def serve(recorded: Recorded) -> ThreadingHTTPServer:
    handler = type("RecordedHandler", (Handler,), {"recorded": recorded})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    recorded.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def diff(*paths):
    return "".join(
        f"diff --git a/{p} b/{p}\nindex 0123456..89abcde 100644\n--- a/{p}\n+++ b/{p}\n@@ -1 +1 @@\n-o\n+n\n"
        for p in paths
    ).encode()


def pull(number, body="Fixes #7", merged=True):
    stamp = f"2023-01-0{number}T00:00:00Z"
    base = {"sha": SHA}
    return {"number": number, "title": f"Pull {number}", "body": body, "created_at": stamp,
            "merged_at": stamp if merged else None, "base": base}  # fmt: skip


def record_pulls() -> Recorded:
    """Record o/r: of six closed pull requests, 1 and 5 are instances by the published rules."""
    made = Recorded()
    made.lists[PULLS] = [
        pull(1), pull(2, merged=False), pull(3, "nothing"), pull(4), pull(5, "fixes #8 fixes #7"),
        pull(6, "fix #99"),
    ]  # fmt: skip
    made.objects["/repos/o/r/issues/7"] = {"number": 7, "title": "Seven", "body": "It breaks."}
    made.objects["/repos/o/r/issues/8"] = {"number": 8, "title": "Eight", "body": None}
    comments = [{"body": f"c{day}", "updated_at": f"2022-12-0{day}T00:00:00Z"} for day in (1, 2, 3, 4)]
    made.lists["/repos/o/r/issues/7/comments"] = comments
    made.lists["/repos/o/r/issues/8/comments"] = []
    commit = {"commit": {"message": "work", "author": {"date": "2022-12-04T00:00:00Z"}}}
    for number in range(1, 7):
        made.lists[f"{PULLS}/{number}/commits"] = [commit]
        made.diffs[f"{PULLS}/{number}"] = diff("a.py", "tests/test_a.py")
    made.diffs[f"{PULLS}/4"] = diff("a.py")
    return made
