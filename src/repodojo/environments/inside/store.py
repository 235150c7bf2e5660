"""Packs what a sandbox wrote into a tar, and unpacks it where a new sandbox is about to write.

The tar holds the folders of the one tmpfs. A folder that hides what lies below it in the overlay is marked;
a removed file is the overlay's own whiteout, a device without a number.
"""

import errno
import os
import stat
import tarfile
from collections.abc import Callable, Iterator

UPPER = "upper"
"""The private layer above the plan's layers; the other folders are seen as they are."""
PARTS = (UPPER, "tmp", "home", "vartmp", "shm")
_OPAQUE = "user.overlay.opaque"
_MARK = "REPODOJO.opaque"
_CHUNK = 1 << 18
_AS_IT_IS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class _Outlet:
    """A file to write to that hands everything on, up to ``most`` bytes."""

    def __init__(self, send: Callable[[bytes], None], most: int) -> None:
        self._send = send
        self._left = most

    def write(self, data: bytes) -> int:
        self._left -= len(data)
        if self._left < 0:
            raise OSError(errno.EFBIG, "sparse files are too large to keep")
        self._send(data)
        return len(data)


class Inlet:
    """A file to read from that ends after ``size`` bytes of a source."""

    def __init__(self, receive: Callable[[int], bytes], size: int) -> None:
        self._receive = receive
        self._left = size

    def read(self, size: int) -> bytes:
        """Read exactly ``size`` bytes, less at the end.

        Raises:
            EOFError: the source ended early.
        """
        wanted = min(size, self._left)
        data = b""
        while len(data) < wanted:
            block = self._receive(min(_CHUNK, wanted - len(data)))
            if not block:
                raise EOFError("the owner hung up while a snapshot was sent")
            data += block
        self._left -= len(data)
        return data

    def drain(self) -> None:
        """Throw away the rest, so that its sender comes to listen."""
        while self._left:
            block = self._receive(min(_CHUNK, self._left))
            if not block:
                return
            self._left -= len(block)


def pack_store(store: str, send: Callable[[bytes], None], disk_bytes: int) -> None:
    """Send a tar of everything that was written; sockets are left out.

    Raises:
        OSError: it is larger than what fits on a disk of that size, and its files' names, can make it.
    """
    outlet: object = _Outlet(send, 2 * disk_bytes + _CHUNK)
    with tarfile.open(
        fileobj=outlet,  # type: ignore[call-overload]
        mode="w|",
        format=tarfile.PAX_FORMAT,
        bufsize=_CHUNK,
    ) as tar:
        for part in PARTS:
            _pack(tar, f"{store}/{part}", part)


def _pack(tar: tarfile.TarFile, path: str, name: str) -> None:
    mode = os.lstat(path).st_mode
    needed = 0o500 if stat.S_ISDIR(mode) else 0o400
    is_closed = (stat.S_ISDIR(mode) or stat.S_ISREG(mode)) and mode & needed != needed
    if stat.S_ISSOCK(mode):
        return
    member = tar.gettarinfo(path, name)
    if is_closed:
        os.chmod(path, stat.S_IMODE(mode) | needed)
    try:
        if member.isreg():
            with open(os.open(path, _AS_IT_IS), "rb") as file:
                tar.addfile(member, file)
        elif member.isdir():
            if _is_opaque(path):
                member.pax_headers = {_MARK: "1"}
            tar.addfile(member)
            for entry in sorted(os.listdir(path)):
                _pack(tar, f"{path}/{entry}", f"{name}/{entry}")
        else:
            tar.addfile(member)
    finally:
        if is_closed:
            os.chmod(path, stat.S_IMODE(mode))


def unpack_store(source: Inlet, store: str) -> None:
    """Unpack what `pack_store` sent; nothing is written outside the store.

    Raises:
        OSError: a name leads out of it.
    """
    try:
        _unpack(source, store)
    except BaseException:
        source.drain()
        raise


def _unpack(source: Inlet, store: str) -> None:
    opaque: list[str] = []
    with tarfile.open(fileobj=source, mode="r|", bufsize=_CHUNK) as tar:  # type: ignore[call-overload]
        # The checks are made here, alike in every version of Python.
        tar.extraction_filter = lambda member, _: member
        tar.extractall(store, _checked(tar, os.path.realpath(store), opaque), numeric_owner=True)  # noqa: S202
    for path in opaque:
        os.setxattr(path, _OPAQUE, b"y")


def _checked(tar: tarfile.TarFile, store: str, opaque: list[str]) -> Iterator[tarfile.TarInfo]:
    for member in tar:
        names = [member.name, member.linkname] if member.islnk() else [member.name]
        for name in names:
            if not os.path.realpath(f"{store}/{name}").startswith(f"{store}/"):
                raise OSError(1, f"a snapshot may not hold {name}")
        if (member.ischr() and (member.devmajor, member.devminor) != (0, 0)) or member.isblk():
            raise OSError(1, f"a snapshot may not hold the device {member.name}")
        if _MARK in member.pax_headers:
            opaque.append(f"{store}/{member.name}")
        yield member


def _is_opaque(path: str) -> bool:
    try:
        return os.getxattr(path, _OPAQUE) == b"y"
    except OSError:
        return False
