"""Runs a Python file in a fork of process 1: a new interpreter would first import everything again.

The fork gives up what process 1 has and a command has not: capabilities, descriptors, handlers of signals.
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


def fork_python(path: str, environment: dict[str, str], folder: str, output: int, waiting: int) -> int:
    """Start a Python file, which begins when a byte can be read and writes to ``output``; returns the pid.

    Nothing but the standard library is on its path.
    """
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.read(waiting, 1)
        _become_command(environment, folder, output)
        code = _run(path)
    finally:
        os._exit(code)


def _become_command(environment: dict[str, str], folder: str, output: int) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((null, 0), (output, 1), (output, 2)):
        os.dup2(old, new)
    os.closerange(3, _MOST_DESCRIPTORS)
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
