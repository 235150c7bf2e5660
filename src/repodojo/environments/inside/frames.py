"""The messages between a sandbox and its owner: a fixed header, then bytes; the same on both sides."""

import struct
from typing import NamedTuple

EXECUTE, RUN, READ, WRITE, PYTHON, SNAPSHOT, DESCRIBE = b"x", b"r", b"g", b"p", b"y", b"s", b"d"
RESULT, PART, FAILURE = b"=", b"+", b"!"
TIMED_OUT, TRUNCATED = 1, 2

REQUEST = struct.Struct("!cdQI")
REPLY = struct.Struct("!ciBdI")


class Request(NamedTuple):
    """What the owner asks: an operation, its time limit, the bytes of output to keep, its text."""

    operation: bytes
    timeout_s: float
    keep_bytes: int
    payload: bytes

    def pack(self) -> bytes:
        """Return the bytes to send."""
        return REQUEST.pack(self.operation, self.timeout_s, self.keep_bytes, len(self.payload)) + self.payload


class Reply(NamedTuple):
    """What the sandbox answers; ``exit_code`` counts only where ``flags`` lack `TIMED_OUT`."""

    kind: bytes
    exit_code: int
    flags: int
    duration_s: float
    payload: bytes

    def pack(self) -> bytes:
        """Return the bytes to send."""
        header = REPLY.pack(self.kind, self.exit_code, self.flags, self.duration_s, len(self.payload))
        return header + self.payload
