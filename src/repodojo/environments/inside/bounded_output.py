"""Keeps the head and the tail of a stream of bytes in constant memory."""


class BoundedOutput:
    """Holds at most ``keep_bytes`` of what it was fed: the first half and the last half."""

    def __init__(self, keep_bytes: int) -> None:
        self._head_size = keep_bytes // 2
        self._tail_size = keep_bytes - self._head_size
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    @property
    def truncated(self) -> bool:
        """Whether anything was dropped."""
        return self._overflow() + self._dropped > 0

    def feed(self, data: bytes) -> None:
        """Take further bytes."""
        room = self._head_size - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data
        if len(self._tail) > 2 * self._tail_size:
            self._trim()

    def value(self) -> bytes:
        """Return everything, or head, a marker with the number of bytes left out, and tail."""
        self._trim()
        if not self._dropped:
            return bytes(self._head + self._tail)
        marker = b"\n[... %d bytes left out ...]\n" % self._dropped
        return bytes(self._head + marker + self._tail)

    def _overflow(self) -> int:
        return max(0, len(self._tail) - self._tail_size)

    def _trim(self) -> None:
        overflow = self._overflow()
        if overflow:
            del self._tail[:overflow]
            self._dropped += overflow
