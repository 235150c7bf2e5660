"""Run a command so that it never outlives whoever started it: ``python process_guard.py COMMAND...``.

The guard, started as the leader of a process group, ends the whole group when its stdin closes, which also
happens when its parent is killed, and when the command ends. It needs the standard library alone.
"""

import os
import signal
import subprocess
import sys
import threading
import time

_GRACE_S = 10.0
_LEFTOVERS_S = 0.5


def main() -> None:
    """Run the command until it ends or stdin closes; the last act kills the group, this process included."""
    # Not SIG_IGN, which the command would inherit.
    signal.signal(signal.SIGTERM, lambda *_: None)
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=_end_with_input, args=(process,), daemon=True).start()
    code = process.wait()
    sys.stderr.write(f"the command ended with code {code}\n")
    sys.stderr.flush()
    os.killpg(0, signal.SIGTERM)
    time.sleep(_LEFTOVERS_S)
    os.killpg(0, signal.SIGKILL)


def _end_with_input(process: "subprocess.Popen[bytes]") -> None:
    sys.stdin.buffer.read()
    process.terminate()
    time.sleep(_GRACE_S)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
