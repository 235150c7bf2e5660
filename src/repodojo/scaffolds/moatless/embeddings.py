"""Texts as vectors, from any endpoint with OpenAI's embeddings interface; its key is OPENAI_API_KEY."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from repodojo.errors import PolicyError

_BATCH = 128
_LONGEST = 24_000
"""Characters of a text that are embedded; the rest of a longer one is left out."""
_ATTEMPTS = 6
_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Embedder:
    """A model behind an address that ends in ``/v1``."""

    model: str
    base_url: str

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row of length 1 for each text.

        Raises:
            PolicyError: the endpoint failed at every attempt, or answered something else.
        """
        import openai  # noqa: PLC0415 - loading it takes a second that a lexical index does not pay

        key = os.environ.get("OPENAI_API_KEY") or "none"
        client = openai.OpenAI(
            base_url=self.base_url, api_key=key, timeout=_TIMEOUT_S, max_retries=_ATTEMPTS - 1
        )
        rows: list[list[float]] = []
        for start in range(0, len(texts), _BATCH):
            batch = [text[:_LONGEST] or " " for text in texts[start : start + _BATCH]]
            try:
                reply = client.embeddings.create(model=self.model, input=batch, encoding_format="float")
                found = [list(item.embedding) for item in sorted(reply.data, key=lambda item: item.index)]
            except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
                raise PolicyError(f"embeddings of {self.model} at {self.base_url}: {error}") from error
            if len(found) != len(batch):
                told = f"expected {len(batch)} vectors, found {len(found)}"
                raise PolicyError(f"embeddings of {self.model} at {self.base_url}: {told}")
            rows += found
        vectors = np.asarray(rows, dtype=np.float32).reshape(len(rows), -1)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
