"""Repeats recorded calls, each after its import, and writes what each showed; lines too, where asked."""
# ruff: noqa: PTH123, S102

import json
import os
import random
import resource
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from types import FrameType
from typing import Any

from .recorder import LineTracer

_LONGEST = 400
_MOST_ITEMS = 200


class TooSlow(BaseException):
    """A call used up its processor time (not wall time: a busy machine must not change what is found)."""


def main(path: str) -> None:
    """Follow the orders in a file."""
    with open(path, encoding="utf-8") as file:
        orders = json.load(file)
    sys.path[:0] = [*orders["project"], *orders["packages"]]
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    os.dup2(1, 2)
    tracer = LineTracer(frozenset(orders["files"]).__contains__) if orders["files"] else None
    slow = 0
    with open(out, "w", encoding="utf-8", errors="surrogatepass") as report:
        for call in orders["calls"]:
            outcome = replay(call, tracer, orders["call_s"])
            report.write(json.dumps(outcome) + "\n")
            report.flush()
            slow += outcome["raised"] and outcome["shown"] is None
            if slow > orders["most_slow"]:
                break


def replay(call: dict[str, str], tracer: LineTracer | None, limit_s: float) -> dict[str, Any]:
    """Make one call; ``shown`` is None where nothing comparable came back, or chance had a part in it."""
    wrap, shown, raised = "", None, False
    namespace: dict[str, Any] = {}
    drawn = random.getstate()
    try:
        exec(f"from {call['module']} import {call['name']}", namespace)
        drawn = random.getstate()
        with at_most(limit_s):
            if tracer:
                tracer.lines.clear()
                sys.settrace(tracer)
            wrap, shown = show(eval(call["expression"], namespace))  # noqa: S307
    except TooSlow:
        shown, raised = None, True
    except Exception as error:
        shown, raised = last_line(error), True
    finally:
        sys.settrace(None)
    if random.getstate() != drawn:
        shown, raised = None, raised and shown is None
    lines = {path: sorted(found) for path, found in tracer.lines.items() if found} if tracer else {}
    return {"wrap": wrap, "shown": shown, "raised": raised, "lines": lines}


@contextmanager
def at_most(limit_s: float) -> Iterator[None]:
    """Raise `TooSlow` in what uses more processor time than this."""
    before = signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def show(value: Any) -> tuple[str, str | None]:
    """Return what to wrap the call in (``list``, ``str`` or nothing) and what then is printed."""
    if (isinstance(value, Iterator) and type(value).__repr__ is object.__repr__) or _is_builtin_iterator(
        value
    ):
        items = list(islice(value, _MOST_ITEMS + 1))
        return ("list", short(repr(items))) if len(items) <= _MOST_ITEMS else ("", None)
    text = short(repr(value))
    if text is not None:
        return "", text
    return ("", None) if _has_plain(value, "__str__") else ("str", short(repr(str(value))))


def _has_plain(value: Any, method: str) -> bool:
    """Whether a method is the one of ``object``."""
    return getattr(type(value), method) is getattr(object, method)


def _is_builtin_iterator(value: Any) -> bool:
    return isinstance(value, Iterator) and type(value).__module__ in ("builtins", "itertools")


def short(text: str) -> str | None:
    """Return a text of one line that names no address; None for any other."""
    return text if len(text) <= _LONGEST and text.isprintable() and " at 0x" not in text else None


def last_line(error: BaseException) -> str | None:
    """Return the last line of a traceback, where it is the only one of its kind."""
    lines = traceback.format_exception_only(error)
    return short(lines[-1].rstrip("\n")) if len(lines) == 1 and lines[0].count("\n") == 1 else None


def _stop(number: int, frame: FrameType | None) -> None:
    raise TooSlow
