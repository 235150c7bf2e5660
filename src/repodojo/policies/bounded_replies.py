"""HTTP replies that end: an endpoint that goes on sending for ever is cut off."""

import time
from collections.abc import Callable, Iterator

import httpx

MOST_BYTES = 1 << 26


def bound_replies(timeout_s: float) -> Callable[[httpx.Response], None]:
    """Return a hook that fails a reply of more than ``MOST_BYTES``, or of more than ``timeout_s``.

    httpx bounds the pauses between two parts of a reply, never the whole.
    """

    def bound(response: httpx.Response) -> None:
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Bounded(response.stream, response.request, time.monotonic() + timeout_s)

    return bound


class _Bounded(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, request: httpx.Request, deadline: float) -> None:
        self._stream = stream
        self._request = request
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        left = MOST_BYTES
        for part in self._stream:
            left -= len(part)
            if left < 0:
                raise httpx.ReadError(f"the reply is longer than {MOST_BYTES} bytes", request=self._request)
            if time.monotonic() > self._deadline:
                raise httpx.ReadTimeout("the reply did not end in time", request=self._request)
            yield part

    def close(self) -> None:
        self._stream.close()
