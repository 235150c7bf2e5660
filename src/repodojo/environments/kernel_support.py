"""Says why a kernel refuses sandboxes, and what to do."""

import errno
import os
from pathlib import Path

_SETTINGS = (
    ("kernel.unprivileged_userns_clone", "0", "run 'sysctl -w kernel.unprivileged_userns_clone=1' as root"),
    (
        "kernel.apparmor_restrict_unprivileged_userns",
        "1",
        "run 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0' as root",
    ),
    ("user.max_user_namespaces", "0", "run 'sysctl -w user.max_user_namespaces=15000' as root"),
)


def explain(code: int, text: str) -> str:
    """Say what to do about a refusal by the kernel."""
    hints = [
        f"{name} is {value}: {advice}"
        for name, bad, advice in _SETTINGS
        if (value := _setting(name)) is not None and value == bad
    ]
    if not hints and code in (errno.EPERM, errno.EACCES, errno.ENOSPC):
        hints = ["a container needs --security-opt seccomp=unconfined --security-opt systempaths=unconfined"]
    if code in (errno.ENODEV, errno.EINVAL, errno.ENOSYS):
        hints.append(f"Linux 5.12 or later with overlayfs is needed, this is {os.uname().release}")
    return "; ".join([f"sandboxes cannot start here: {text}", *hints])


def _setting(name: str) -> str | None:
    try:
        return Path("/proc/sys", name.replace(".", "/")).read_text().strip()
    except OSError:
        return None
