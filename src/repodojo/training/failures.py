"""Why a training failed, in one line that says what to do; its last whole checkpoint stays in any case."""

import re

_MEMORY = re.compile(r"out of memory|can't allocate memory|not enough memory|bad_alloc", re.IGNORECASE)
_DISK = re.compile(r"no space left|disk quota|os error 28|PytorchStreamWriter|unexpected pos", re.IGNORECASE)
_KILLED = re.compile(r"SIGKILL|exitcode: -9|Signal 9")
_MEMORY_ADVICE = "lower rows_per_device or max_tokens, turn on gradient_checkpointing, or train with lora"
_ROOM = 1 << 20
_DISK_ADVICE = "make room, then run the same command to go on"


def explain(error: BaseException) -> str | None:
    """Return what an exception of a training means; None where it is of no known kind."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, FloatingPointError):
        return f"{error}; lower learning_rate, or look for a strange row; no checkpoint after it was kept"
    if isinstance(error, MemoryError) or _MEMORY.search(text):
        return f"out of memory ({_first_line(text)}); {_MEMORY_ADVICE}"
    if _DISK.search(text):
        return f"the disk is full ({_first_line(text)}); {_DISK_ADVICE}"
    return None


def explain_end(returncode: int, log: str, free: int) -> str | None:
    """Return what the end of a process means that could say nothing itself.

    ``log`` is its last lines, and ``free`` the bytes that its disk has left: a full one keeps neither word.
    """
    if returncode == -9 or _KILLED.search(log):
        return f"it was killed, as the kernel does where memory runs out; {_MEMORY_ADVICE}"
    if free < _ROOM or _DISK.search(log):
        return f"the disk is full ({free:,} bytes are left); {_DISK_ADVICE}"
    return None


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:200]
