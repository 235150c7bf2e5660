"""A package index on loopback, whose packages were uploaded at known times."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.environments.recipes import package_index as index_files
from tests.environments.recipes.counted import SLEEPING

from repodojo.environments.recipes.uv import find_uv
from repodojo.errors import BuildError

BACKEND = """
import os, shutil, subprocess, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    subprocess.run([shutil.which("tiny-build")], check=True)
    with zipfile.ZipFile(os.path.join(folder, "made-1.0-py3-none-any.whl"), "w") as wheel:
        wheel.writestr("made-1.0.dist-info/METADATA", "Name: made\\nVersion: 1.0\\n")
    return "made-1.0-py3-none-any.whl"
"""
SOURCES = {
    "pyproject.toml": """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
""",
    "backend.py": """
import zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    info, name = "tiny_source-1.0.dist-info", "tiny_source-1.0-py3-none-any.whl"
    with zipfile.ZipFile(folder + "/" + name, "w") as wheel:
        wheel.writestr("tiny_source.py", "import tiny_helper\\n")
        metadata = "Metadata-Version: 2.1\\nName: tiny_source\\nVersion: 1.0\\nRequires-Dist: tiny-helper\\n"
        wheel.writestr(info + "/METADATA", metadata)
        wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "/RECORD", "")
    return name
""",
}
EARLY, LATE = "2022-12-01T00:00:00Z", "2025-06-01T00:00:00Z"


@pytest.fixture(scope="session")
def package_index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an index with pytest, what it needs, and a few tiny packages; uv asks it."""
    try:
        find_uv()
    except BuildError as error:
        pytest.skip(str(error))
    wheels = {}
    for name in ("pytest", "pluggy", "iniconfig", "packaging", "pygments"):
        file, content = index_files.installed_wheel(name)
        wheels[file] = content, EARLY
    for name, version, uploaded in (
        ("tiny_helper", "1.0", EARLY), ("tiny_helper", "2.0", LATE), ("tiny_late", "1.0", LATE),
        ("pytest", "99.0", LATE),
    ):  # fmt: skip
        file, content = index_files.make_wheel(
            name,
            version,
            {f"{name}.py": f"VERSION = {version!r}\n", f"{name}_parts/tests/test_it.py": ""},
        )
        wheels[file] = content, uploaded
    scripts = "tiny_backend-1.0.data/scripts"
    programs = {
        f"{scripts}/tiny-build": Path("/bin/true").read_bytes(),
        f"{scripts}/tiny-script": "#!python\n",
    }
    file, content = index_files.make_wheel("tiny_backend", "1.0", {"tiny_backend.py": BACKEND, **programs})
    wheels[file] = content, EARLY
    wheels["tiny_source-1.0.tar.gz"] = index_files.make_sdist("tiny_source-1.0", SOURCES), EARLY
    sleeping = {"pyproject.toml": SOURCES["pyproject.toml"], "backend.py": SLEEPING}
    wheels["tiny_sleeper-1.0.tar.gz"] = index_files.make_sdist("tiny_sleeper-1.0", sleeping), EARLY
    with index_files.serve_index(wheels) as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_DEFAULT_INDEX", address)
        patch.setenv("PIP_INDEX_URL", address)
        patch.setenv("UV_CACHE_DIR", str(tmp_path_factory.mktemp("uv")))
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield address
