"""Makes the kernel, where memory runs out, end a sandbox's commands before its process 1.

A process may raise its own score and lower it again as far as it was (proc(5), oom_score_adj), and what it
starts inherits it. Commands cannot write theirs: they see ``/proc`` read-only.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_SCORE = 500


class Victims:
    """Raises the score of what is started meanwhile.

    Args:
        handle: on the caller's own ``oom_score_adj``, to read and to write.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._own = os.pread(handle, 16, 0).strip()
        self._others = b"%d" % max(_SCORE, int(self._own))

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Start processes inside."""
        os.write(self._handle, self._others)
        try:
            yield
        finally:
            os.write(self._handle, self._own)
