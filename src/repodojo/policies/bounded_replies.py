"""HTTP replies that end: an endpoint that goes on sending for ever is cut off."""

import time
from collections.abc import Iterator

import httpx

MOST_BYTES = 1 << 28


class BoundedTransport(httpx.HTTPTransport):
    """Fails a reply that is longer than ``MOST_BYTES`` or takes more than ``timeout_s`` to arrive.

    httpx bounds the pauses between two parts of a reply, never the whole.
    """

    def __init__(self, timeout_s: float, limits: httpx.Limits) -> None:
        super().__init__(limits=limits)
        self._timeout_s = timeout_s

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the reply's bytes are counted as they are read."""
        deadline = time.monotonic() + self._timeout_s
        reply = super().handle_request(request)
        return httpx.Response(
            status_code=reply.status_code,
            headers=reply.headers,
            stream=_Bounded(reply, request, deadline),
            extensions=reply.extensions,
        )


class _Bounded(httpx.SyncByteStream):
    def __init__(self, reply: httpx.Response, request: httpx.Request, deadline: float) -> None:
        self._reply = reply
        self._request = request
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        left = MOST_BYTES
        assert isinstance(self._reply.stream, httpx.SyncByteStream)
        for part in self._reply.stream:
            left -= len(part)
            if left < 0:
                raise httpx.ReadError(f"the reply is longer than {MOST_BYTES} bytes", request=self._request)
            if time.monotonic() > self._deadline:
                raise httpx.ReadTimeout("the reply did not end in time", request=self._request)
            yield part

    def close(self) -> None:
        self._reply.close()
