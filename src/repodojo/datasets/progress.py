"""The live bar of work in progress: how much is done, the rate, the time left, and what came of it so far."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tqdm import tqdm

LOG_EVERY_S = 20.0


class Progress:
    """Counts what arrives, on a bar."""

    def __init__(self, bar: "tqdm[None]") -> None:
        self._bar = bar
        self.counts: Counter[str] = Counter()

    def arrived(self, counts: Mapping[str, int]) -> None:
        """Count one more result."""
        self.known(counts)
        self._bar.update(1)

    def reached(self, count: int, text: str) -> None:
        """Say how many are done, and what goes with the last of them."""
        self._bar.set_postfix_str(text, refresh=False)
        self._bar.update(count - self._bar.n)

    def known(self, counts: Mapping[str, int]) -> None:
        """Count a result that was there before."""
        self.counts.update({name: int(count) for name, count in counts.items()})
        if self.counts:
            text = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in self.counts.items())
            self._bar.set_postfix_str(text, refresh=False)


@contextmanager
def progress(label: str, total: int, done: int) -> Iterator[Progress]:
    """Show a bar on standard error while the block runs; where that is a file, a line now and then."""
    interactive = sys.stderr.isatty()
    with tqdm(
        total=total,
        initial=done,
        desc=label,
        mininterval=0.5 if interactive else LOG_EVERY_S,
        maxinterval=1.0 if interactive else LOG_EVERY_S,
        dynamic_ncols=interactive,
        disable=done == total,
    ) as bar:
        yield Progress(bar)
