"""Runs a Python file in a fork of process 1: a new interpreter would first import everything again.

The fork gives up what process 1 has and a command has not: capabilities and descriptors.
"""

import atexit
import importlib
import os
import signal
import sys
import time
import traceback
from types import ModuleType

from repodojo.environments.inside import syscalls

_MOST_DESCRIPTORS = 1 << 16


def become_python(path: str, environment: dict[str, str], folder: str, output: int) -> None:
    """Run a Python file with the standard library alone on its path, and end; it writes to ``output``."""
    code = 1
    try:
        _settle(environment, folder, output)
        code = _run(path)
    finally:
        os._exit(code)


def _settle(environment: dict[str, str], folder: str, output: int) -> None:
    for new in (1, 2):
        os.dup2(output, new)
    os.closerange(3, _MOST_DESCRIPTORS)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    syscalls.drop_capabilities()
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()


def _run(path: str) -> int:
    sys.argv[:] = [path]
    main = ModuleType("__main__")
    main.__file__ = path
    main.__builtins__ = __builtins__  # type: ignore[attr-defined]
    sys.modules["__main__"] = main
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8")  # type: ignore[misc]  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(1, "w", encoding="utf-8")  # type: ignore[misc]  # noqa: SIM115
    errors = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115
    sys.stderr = sys.__stderr__ = errors  # type: ignore[misc]
    importlib.invalidate_caches()
    try:
        with open(path, encoding="utf-8") as file:
            program = compile(file.read(), path, "exec")
        exec(program, main.__dict__)  # noqa: S102
    except SystemExit as leaving:
        code = _exit_code(leaving.code)
    except BaseException:
        traceback.print_exc()
        code = 1
    else:
        code = 0
    atexit._run_exitfuncs()
    sys.stdout.flush()
    return code


def _exit_code(code: object) -> int:
    if isinstance(code, int):
        return code & 0xFF
    if code is not None:
        sys.stderr.write(f"{code}\n")
    return int(code is not None)
