import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from repodojo.environments.packages import install_packages
from repodojo.environments.projects import Project, archive_of, check_archive, fetch_sdists, unpack_sdist
from repodojo.errors import BuildError


def project(sha256: str = "0" * 64, name: str = "tiny") -> Project:
    return Project(
        name=name, version="1.0", sha256=sha256, licence="MIT", repo="a/b", split="train", tests=("tests",)
    )


def archive(path: Path, *members: tarfile.TarInfo, texts: dict[str, str] | None = None) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, text in (texts or {}).items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
        for member in members:
            tar.addfile(member)
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def test_an_archive_is_unpacked_without_bytecode(tmp_path):
    texts = {
        "tiny-1.0/tiny.py": "x = 1\n",
        "tiny-1.0/__pycache__/tiny.cpython-311.pyc": "",
        "tiny-1.0/old.pyc": "",
    }
    unpack_sdist("tiny-1.0", archive(tmp_path / "a.tar.gz", texts=texts), tmp_path / "out" / "source")
    found = [path.name for path in (tmp_path / "out").rglob("*")]
    assert sorted(found) == ["source", "tiny.py"]


@pytest.mark.parametrize(
    "hostile",
    [
        member("../../evil.py"),
        member("/etc/evil.py"),
        member("tiny-1.0/link", tarfile.SYMTYPE, "/etc/passwd"),
        member("tiny-1.0/link", tarfile.SYMTYPE, "../../../out"),
        member("tiny-1.0/hard", tarfile.LNKTYPE, "/etc/passwd"),
        member("tiny-1.0/device", tarfile.CHRTYPE),
    ],
    ids=lambda info: f"{info.name}-{info.linkname}",
)
def test_a_hostile_archive_is_refused_and_leaves_nothing(tmp_path, hostile):
    bad = archive(tmp_path / "bad.tar.gz", hostile, texts={"tiny-1.0/tiny.py": "x = 1\n"})
    inside = tmp_path / "root" / "out"
    inside.mkdir(parents=True)
    if hostile.name == "/etc/evil.py":
        unpack = tmp_path / "unpacked"
        with pytest.raises(BuildError):
            unpack_sdist("tiny-1.0", bad, unpack / "source")
        assert not Path("/etc/evil.py").exists()
        return
    with pytest.raises(BuildError, match=r"tiny-1\.0: cannot unpack .*bad\.tar\.gz"):
        unpack_sdist("tiny-1.0", bad, inside / "source")
    assert list((tmp_path / "root").rglob("*.py")) == []


def test_a_broken_archive_names_its_file(tmp_path):
    (tmp_path / "bad.tar.gz").write_bytes(b"no archive")
    with pytest.raises(BuildError, match=r"cannot unpack .*bad\.tar\.gz"):
        unpack_sdist("tiny-1.0", tmp_path / "bad.tar.gz", tmp_path / "source")


def test_an_archive_of_two_folders_is_no_source_distribution(tmp_path):
    two = archive(tmp_path / "two.tar.gz", texts={"a/x.py": "", "b/y.py": ""})
    with pytest.raises(BuildError, match="should hold one folder, found: a, b"):
        unpack_sdist("tiny-1.0", two, tmp_path / "source")


def test_a_wrong_hash_says_both_hashes_and_what_to_do(tmp_path):
    good = archive(tmp_path / "tiny-1.0.tar.gz", texts={"tiny-1.0/tiny.py": "x"})
    found = hashlib.sha256(good.read_bytes()).hexdigest()
    check_archive(project(found), good)
    with pytest.raises(BuildError, match=f"has sha256 {found}, expected 0000.*delete the file"):
        check_archive(project(), good)


def test_a_missing_sdist_says_where_to_put_it(tmp_path):
    with pytest.raises(
        BuildError, match=r"no \.tar\.gz source distribution of this version.*tiny-1\.0\.tar\.gz"
    ):
        check_archive(project(), archive_of(project(), tmp_path))


def test_sdists_come_through_pips_own_settings(tmp_path, monkeypatch):
    """A folder given to pip stands for an index: no address of any index is in the code."""
    links = tmp_path / "links"
    links.mkdir()
    archive(links / "tiny-1.0.tar.gz", texts={"tiny-1.0/tiny.py": "x = 1\n"})
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    wanted = [project(), project(name="absent")]
    fetch_sdists(wanted, tmp_path / "archives")
    assert [path.name for path in (tmp_path / "archives").iterdir()] == ["tiny-1.0.tar.gz"]


def test_loose_requirements_are_refused(tmp_path):
    with pytest.raises(BuildError, match=r"must be pinned.*pytest>=8"):
        install_packages(["pytest>=8"], tmp_path)


def test_equal_requirements_share_a_folder(tmp_path):
    installed = []

    def install(requirements, folder):
        installed.append(list(requirements))
        folder.mkdir()

    one = install_packages(["b==1", "a==1"], tmp_path, install)
    two = install_packages(["a==1", "b==1", "a==1"], tmp_path, install)
    assert one == two
    assert installed == [["a==1", "b==1"]]


def test_a_failed_install_leaves_no_folder(tmp_path):
    with pytest.raises(BuildError, match="pip could not install no-such-package==0"):
        install_packages(["no-such-package==0"], tmp_path / "packages", _offline)
    assert list((tmp_path / "packages").iterdir()) == []


def _offline(requirements, folder):
    from repodojo.environments.packages import pip_install

    pip_install([*requirements, "--no-index"], folder)
