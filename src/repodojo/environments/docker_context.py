"""What the Docker engine builds an image from: a Dockerfile and the files of one folder, as a tar."""

import hashlib
import io
import json
import os
import stat
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

READY = """\
for needed in bash python3; do
  command -v $needed >/dev/null || { echo "it has no $needed"; exit 1; }
done
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "its Python is too old"; exit 1; }
if ! command -v git >/dev/null; then
  command -v apt-get >/dev/null || { echo "it has no git, and no apt-get to add it"; exit 1; }
  apt-get update && apt-get install --yes --no-install-recommends git && rm -rf /var/lib/apt/lists/*
fi
"""
"""Fails with what an image lacks; git alone is added."""


PACKAGES = """\
export DEBIAN_FRONTEND=noninteractive
command -v apt-get >/dev/null || { echo "the image has no apt-get to add packages with"; exit 1; }
mkdir -p /usr/share/repodojo && ls /etc >/tmp/before && ls /usr/bin /usr/sbin >/tmp/programs
apt-get update && apt-get install --yes --no-install-recommends -- "$@" || exit 1
for name in "$@"; do
  dpkg-query -W -f '${db:Status-Status}\\n' "$name" | grep -qx installed || { echo "$name is none"; exit 1; }
done
dpkg-query -W -f '${Package}=${Version}\\n' "$@" >/usr/share/repodojo/packages
ls /etc | grep -vxF -f /tmp/before >/usr/share/repodojo/settings
{ ls /usr/bin /usr/sbin | grep -vxF -f /tmp/programs
  dpkg -L "$@" | sed -n 's,^\\(/usr\\)\\?/s\\?bin/,,p'; } >/usr/share/repodojo/programs
rm -rf /var/lib/apt/lists/* /tmp/before /tmp/programs
"""
"""Adds Debian packages, and writes down their versions and what they brought to ``/etc``."""
ADDED = "/usr/share/repodojo/packages"
"""Where an image names its added packages, each ``name=version``."""


def write_packages_context(context: IO[bytes], parent: str, names: Sequence[str]) -> None:
    """Write what puts Debian packages into an image."""
    lines = [f"FROM {parent}", "USER 0:0", f"RUN {json.dumps(['sh', '-c', PACKAGES, 'sh', *names])}"]
    with tarfile.open(fileobj=context, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add_text(tar, "Dockerfile", "\n".join(lines))


def write_ready_context(context: IO[bytes], base: str) -> None:
    """Write what makes a base image ready for sandboxes."""
    lines = [f"FROM {base}", "USER 0:0", f"RUN {json.dumps(['sh', '-c', READY])}"]
    with tarfile.open(fileobj=context, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add_text(tar, "Dockerfile", "\n".join(lines))


def write_layer_context(
    context: IO[bytes], parent: str, source: Path, target: str, lower: Sequence[Path], user: int
) -> None:
    """Write what puts a folder, or a file, into an image above what ``lower`` gave it there."""
    lines = [f"FROM {parent}", "USER 0:0"]
    gone = [f"{target}/{path}" for path in _replaced(source, lower)]
    if gone:
        lines.append(f"RUN {json.dumps(['rm', '-rf', '--', *gone])}")
    lines.append(f"COPY --chown={user}:{user} files {target}")
    with tarfile.open(fileobj=context, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add_text(tar, "Dockerfile", "\n".join(lines))
        tar.add(source.resolve(), "files", recursive=False)
        for path, status in walk(source):
            if any(is_kind(status.st_mode) for is_kind in (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)):
                tar.add(source / path, f"files/{path}", recursive=False)


def content_digest(layer: Path, entries: Sequence[tuple[str, os.stat_result]]) -> str:
    """Return the digest of what `walk` found in a layer: names, modes and contents."""
    digest = hashlib.sha256()
    for path, status in entries:
        content = b""
        if stat.S_ISREG(status.st_mode):
            content = (layer / path).read_bytes()
        elif stat.S_ISLNK(status.st_mode):
            content = os.fsencode((layer / path).readlink())
        digest.update(f"{path!r} {status.st_mode} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def walk(folder: Path, prefix: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """Yield the relative path and status of everything in a folder, in a fixed order; nothing for a file."""
    if folder.is_file():
        return
    with os.scandir(folder / prefix) as scanned:
        entries = sorted(scanned, key=lambda entry: entry.name)
    for entry in entries:
        path = f"{prefix}{entry.name}"
        yield path, entry.stat(follow_symlinks=False)
        if entry.is_dir(follow_symlinks=False):
            yield from walk(folder, f"{path}/")


def _replaced(layer: Path, lower: Sequence[Path]) -> list[str]:
    """Return what must go before a layer's files are copied: whiteouts, and folders in place of files."""
    gone = []
    for path, status in walk(layer):
        is_folder = stat.S_ISDIR(status.st_mode)
        below = [folder / path for folder in lower if os.path.lexists(folder / path)]
        if stat.S_ISCHR(status.st_mode) or any(
            (other.is_dir() and not other.is_symlink()) != is_folder for other in below
        ):
            gone.append(path)
    return gone


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))
