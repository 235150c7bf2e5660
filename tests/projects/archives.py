"""Packs the tiny projects as the archives that `conf/test` pins: the same bytes on every machine.

Run `python tests/projects/archives.py` after a change of a project, and mend `sha256` in
`conf/test/parameters_env_build.yml`.
"""

import gzip
import hashlib
import io
import sys
import tarfile
from pathlib import Path

FOLDER = Path(__file__).parent


def pack(project: Path) -> bytes:
    """Return a project's source distribution."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(project.rglob("*.py")):
            content = path.read_bytes()
            entry = tarfile.TarInfo(path.relative_to(FOLDER).as_posix())
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    # Stored, not deflated: compressors differ between builds of zlib.
    return gzip.compress(plain.getvalue(), compresslevel=0, mtime=0)


def main() -> None:
    """Write the archive of every project and print its hash."""
    for project in sorted(path for path in FOLDER.iterdir() if path.is_dir() and path.name != "__pycache__"):
        content = pack(project)
        (FOLDER / f"{project.name}.tar.gz").write_bytes(content)
        sys.stdout.write(f"{project.name} {hashlib.sha256(content).hexdigest()}\n")


if __name__ == "__main__":
    main()
