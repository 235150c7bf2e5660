"""Search by meaning, through a real endpoint on loopback that embeds texts by the letters in them."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from repodojo.errors import PolicyError
from repodojo.scaffolds.moatless import Moatless, Options
from repodojo.scaffolds.moatless.embeddings import Embedder
from repodojo.scaffolds.moatless.index import CodeIndex, Place, Query

FILES = {"a.py": "def aaa():\n    pass\n", "z.py": "def zzz():\n    pass\n"}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        texts = json.loads(self.rfile.read(int(self.headers["content-length"])))["input"]
        rows = [{"index": n, "embedding": [text.count("a"), text.count("z")]} for n, text in enumerate(texts)]
        rows = rows[:-1] if "one too few" in texts else rows[::-1]
        body = json.dumps({"data": rows, "object": "list", "model": "m"}).encode()
        self.send_response(400 if "refused" in texts else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def embedder() -> Iterator[Embedder]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Embedder("m", f"http://127.0.0.1:{server.server_address[1]}/v1")
    server.shutdown()


def test_vectors_come_in_order_and_have_length_one(embedder: Embedder) -> None:
    vectors = embedder.embed(["a", "zz", "", *["az"] * 200])
    assert vectors.shape == (203, 2)
    assert np.allclose(vectors[:3], [[1, 0], [0, 1], [0, 0]])


def test_words_are_ranked_by_likeness_and_names_stay_exact(embedder: Embedder) -> None:
    index = CodeIndex(FILES, embedder)
    assert index.search(Query(words="fuzzy buzz"), 1) == [Place("z.py", "zzz")]
    assert index.search(Query(words="banana"), 1) == [Place("a.py", "aaa")]
    assert index.search(Query(words="banana", function_names=("zzz",)), 1) == [Place("z.py", "zzz")]
    assert index.search(Query(words="banana", file_pattern="z*"), 5) == [Place("z.py", "zzz")]


@pytest.mark.parametrize(
    ("text", "told"), [("one too few", "expected 1 vectors, found 0"), ("refused", "Error code: 400")]
)
def test_an_endpoint_that_fails_is_named(embedder: Embedder, text: str, told: str) -> None:
    with pytest.raises(PolicyError, match=f"embeddings of m at http://127.*{told}"):
        embedder.embed([text])


def test_the_model_and_not_the_address_is_in_the_fingerprint() -> None:
    def of(model: str, address: str) -> str:
        return Moatless(Options(embeddings={"model": model, "base_url": address})).fingerprint

    assert of("m", "http://one/v1") == of("m", "http://two/v1")
    assert len({of("m", "x"), of("n", "x"), Moatless(Options()).fingerprint}) == 3
