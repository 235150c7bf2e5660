"""A real project as a source distribution, made where the tests run."""

import hashlib
import io
import shutil
import tarfile
from importlib.metadata import distribution, version
from pathlib import Path

from repodojo.environments.packages import install_packages
from repodojo.environments.projects import Project
from repodojo.instances.settings import EnvBuildSettings

CODE = '''"""Words."""


class Counter:
    """Counts words."""

    def __init__(self, text, sep=" "):
        self.text = text
        self.sep = sep

    def most(self, least=1):
        """Return the most frequent word, and how often it occurs."""
        counts = {}
        for word in self.text.split(self.sep):
            word = word.strip().lower()
            if not word:
                continue
            counts[word] = counts.get(word, 0) + 1
        best = sorted(counts, key=lambda word: (-counts[word], word))[0]
        if counts[best] < least:
            return None, 0
        return best, counts[best]


def shorten(text, width=10, end="..."):
    """Cut a text to a width."""
    if width < len(end):
        raise ValueError("width is too small")
    if len(text) <= width:
        return text
    return text[: width - len(end)] + end


def initials(name, dots=False):
    """Return the first letters of a name."""
    parts = [part for part in name.split() if part and not part.startswith("(")]
    letters = [_first(part) for part in parts]
    return ".".join(letters) + "." if dots else "".join(letters)


def _first(word):
    return word[0].upper()
'''
TESTS = """import unittest

import pytest

from tinywords import Counter, initials, shorten


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [
        ("abc", 10, "abc"),
        ("abcdefghijkl", 10, "abcdefg..."),
        ("abcdefghij", 10, "abcdefghij"),
        ("abcd", 3, "..."),
    ],
)
def test_shorten(text, width, short):
    assert shorten(text, width) == short


def test_shorten_refuses_a_small_width():
    with pytest.raises(ValueError):
        shorten("abc", 2)


# a name in brackets does not count
def test_initials():
    assert initials("ada (countess) lovelace") == "AL"


def test_initials_with_dots():
    assert initials("ada lovelace", dots=True) == "A.L."


class TestCounter(unittest.TestCase):
    def test_most(self):
        self.assertEqual(Counter("b a  b A b").most(), ("b", 3))

    def test_ties_go_by_name(self):
        self.assertEqual(Counter("b,a", ",").most(), ("a", 1))

    def test_rare(self):
        self.assertEqual(Counter("b a").most(least=2), (None, 0))


def test_never():
    assert False
"""
ABOUT = "VERSION = '1.0'\n"
OTHER_TESTS = """import shutil


def test_nothing():
    assert True


def test_needs_a_program():
    assert shutil.which("setsid")
"""
FILES = {
    "PKG-INFO": "Metadata-Version: 2.1\nName: tinywords\nVersion: 1.0\n",
    "src/tinywords/__init__.py": CODE,
    "src/tinywords/_about.py": ABOUT,
    "tests/test_words.py": TESTS,
    "tests/test_other.py": OTHER_TESTS,
}
_PYTEST = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")


def write_sdist(path: Path, files: dict[str, str] = FILES) -> str:
    """Write the archive; returns its hash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"tinywords-1.0/{name}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tiny_project(sha256: str) -> Project:
    """Describe the project as conf does."""
    return Project(
        name="tinywords", version="1.0", sha256=sha256, licence="MIT", repo="acme/tinywords", split="train",
        tests=("tests",),
    )  # fmt: skip


def tiny_settings(sha256: str) -> EnvBuildSettings:
    """Describe the whole of env_build."""
    return EnvBuildSettings.model_validate(
        {
            "packages": [f"{name}=={version(name)}" for name in _PYTEST],
            "projects": [tiny_project(sha256)],
            "injection": {"candidates_per_project": {"train": 12, "held_out": 0}},
            "selection": {"per_project": {"train": 5}, "at_least": {"train": 3}},
        }
    )


def copy_packages(root: Path, settings: EnvBuildSettings) -> None:
    """Put the pytest that runs these tests where the builder looks for it, so that nothing is downloaded."""
    folder = root / "copied"
    for name in _PYTEST:
        for file in distribution(name).files or ():
            source = Path(str(file.locate()))
            if ".." not in file.parts and source.is_file():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, folder / file)
    install_packages(settings.packages, root, install=lambda requirements, target: folder.rename(target))
