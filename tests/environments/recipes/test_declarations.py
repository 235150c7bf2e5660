import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.environments.git_objects import Blob
from repodojo.environments.recipes.declarations import read_declarations
from repodojo.environments.recipes.imports import imported_distributions, missing_distributions
from repodojo.environments.recipes.requirement_lines import for_tests, read_requirements, tox_dependencies


def files(pairs):
    return {path: Blob("100644", text.encode()) for path, text in pairs.items()}


def test_tox_nox_ci_and_requirements_files_are_read():
    found = read_declarations(
        files(
            {
                "tox.ini": "[tox]\nenvlist = py37, py{38,39}, lint\n[testenv]\ndeps =\n"
                "  -r requirements/test.txt\n"
                "  py37: mock\n[testenv:lint]\ndeps = flake8-bugbear\n",
                "requirements/test.txt": "pytest>=5  # runs them\n-r base.txt\n--index-url https://x.invalid\n",
                "requirements/base.txt": "six==1.12 \\\n    --hash=sha256:00\n-r test.txt\n",
                "requirements-docs.txt": "sphinx\n",
                "noxfile.py": "@nox.session(python=['3.10', '3.11'])\ndef tests(session):\n"
                "    session.install('-r', 'requirements/test.txt', 'hypothesis')\n"
                "    session.install('.')\n",
                ".github/workflows/ci.yml": "  python: ['3.8', 3.12]\n  - run: pip install -U responses\n",
            }
        )
    )
    assert for_tests(found.groups["tox.ini"], "") == (
        'mock; python_version == "3.7"',
        "pytest>=5",
        "six==1.12",
    )
    assert for_tests(found.groups["requirements/test.txt"], "") == ("pytest>=5", "six==1.12")
    assert "hypothesis" in found.groups["noxfile.py"]
    assert "." not in found.groups["noxfile.py"]
    assert found.groups[".github/workflows/ci.yml"] == ("responses",)
    assert "requirements-docs.txt" not in found.groups
    assert {"3.7", "3.8", "3.9", "3.10", "3.11", "3.12"} <= set(found.tried_pythons)
    assert not found.faults


def test_every_file_that_a_line_of_ci_names_is_read_and_none_is_a_package():
    """``-Ur FILE`` asked the index for a package of the file's name, and the second file was left out."""
    found = read_declarations(
        files(
            {
                ".github/workflows/ci.yml": "- run: pip install -Ur a.txt -r b.txt "
                "-rd.txt --requirement=e.txt x\n",
                "tox.ini": "[testenv]\ndeps =\n  -Urb.txt\n",
                **{f"{name}.txt": f"of-{name}\n" for name in "abde"},
            }
        )
    )
    assert found.groups[".github/workflows/ci.yml"] == ("of-a", "of-b", "of-d", "of-e", "x")
    assert found.groups["tox.ini"] == ("of-b",)


def test_a_broken_file_is_noted_and_the_others_count():
    found = read_declarations(
        files({"pyproject.toml": "[project\n", "setup.cfg": "[metadata]\nname = thing\n"})
    )
    assert found.project.name == "thing"
    assert found.faults[0].startswith("pyproject.toml: TOMLDecodeError")


def test_a_file_that_is_too_large_used_to_be_passed_over_in_silence():
    large = "[project]\nname = 'thing'\n" + "#" * (1 << 20)
    found = read_declarations(files({"pyproject.toml": large, "tox.ini": large, "setup.cfg": "[metadata]\n"}))
    assert found.faults == (
        "pyproject.toml: more than 1048576 bytes",
        "tox.ini: more than 1048576 bytes",
    )


@pytest.mark.parametrize(
    "target", ["../../etc/passwd", "/etc/passwd", "nowhere", "pyproject.toml", "a\0", ""]
)
def test_a_link_that_leads_nowhere_used_to_be_passed_over_in_silence(target):
    tree = {"pyproject.toml": Blob("120000", target.encode()), **files({"setup.cfg": "[metadata]\nname=x\n"})}
    found = read_declarations(tree)
    assert found.faults == ("pyproject.toml: a link that leads to no file of the repository",)
    assert found.project.name == "x"


def test_a_link_to_a_file_of_the_repository_used_to_be_passed_over():
    texts = files(
        {"conf/real.toml": "[project]\nname = 'thing'\n", "conf/test-requirements.txt": "six\n-r more.txt\n"}
    )
    links = {
        "pyproject.toml": Blob("120000", b"./conf/link.toml"),
        "conf/link.toml": Blob("120000", b"real.toml"),
        "deps/tests.txt": Blob("120000", b"../conf/test-requirements.txt"),
        "deps/more.txt": Blob("100644", b"mock\n"),
    }
    found = read_declarations({**texts, **links})
    assert (found.project.name, found.faults) == ("thing", ())
    assert found.groups["deps/tests.txt"] == ("six", "mock")


def test_a_folder_that_is_a_link_used_to_be_passed_over():
    """Nothing was noted either."""
    tree = {
        "requirements": Blob("120000", b"conf/./link"),
        "conf/link": Blob("120000", b"../real"),
        "real/test.txt": Blob("100644", b"six\n"),
        "deps": Blob("120000", b"nowhere"),
        "tox.ini": Blob("100644", b"[testenv]\ndeps =\n  -r requirements/test.txt\n  -r deps/test.txt\n"),
    }
    found = read_declarations(tree)
    assert found.groups["tox.ini"] == ("six",)
    assert found.faults == ("deps/test.txt: a link that leads to no file of the repository",)


@pytest.mark.parametrize("target", ["a", ".", "../x", "/", "../" * 200_000, "x/../" * 200_000])
def test_a_folder_that_links_to_itself_or_away_ends(target):
    tree = {
        "a": Blob("120000", target.encode()),
        "tox.ini": Blob("100644", b"[testenv]\ndeps = -ra/a/a.txt\n"),
    }
    found = read_declarations(tree)
    assert found.faults == ("a/a/a.txt: a link that leads to no file of the repository",)


def test_a_new_version_asks_for_the_same_environment():
    one, other = (
        {"pyproject.toml": f"[project]\nname='a'\nversion='{v}'\ndependencies=['six']\n"} for v in "12"
    )
    assert read_declarations(files(one)).digest == read_declarations(files(other)).digest


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "pyproject.toml",
                "setup.cfg",
                "setup.py",
                "tox.ini",
                "noxfile.py",
                "Pipfile",
                "test-requirements.txt",
                ".travis.yml",
            ]
        ),
        st.text(max_size=200),
    )
)
def test_any_text_in_any_file_is_survived(pairs):
    read_declarations({path: Blob("100644", text.encode(errors="replace")) for path, text in pairs.items()})


def test_requirements_that_include_each_other_end():
    texts = {"a.txt": "-r b.txt\nsix", "b.txt": "-r a.txt\nmock"}
    assert read_requirements(texts["a.txt"], texts.get) == ["six", "mock", "six"]


def test_files_that_include_the_next_twice_used_to_be_read_without_end():
    """Each was read twice as often as the one before it; a long chain was too deep."""
    texts = {f"{n}.txt": f"-r {n + 1}.txt\n-r {n + 1}.txt\np{n}\n" for n in range(2000)}
    assert read_requirements("-r 0.txt", texts.get) == [f"p{n}" for n in reversed(range(2000))]


def test_tools_and_plugins_that_change_the_run_are_left_out():
    lines = [
        "pytest-randomly",
        "pytest-xdist>=2",
        "Black",
        "mypy==1.0",
        "flake8-typing-imports==1.12.0",
        "types-PyYAML",
        "thing",
        "mock ; python_version < '3.8'",
        "git+https://x.invalid/y",
    ]
    assert for_tests(lines, "Thing") == ('mock; python_version < "3.8"',)


def test_imports_are_mapped_to_distributions():
    found = files(
        {
            "src/thing/__init__.py": "",
            "tests/test_a.py": "import yaml, os\nfrom thing.x import y\nfrom freezegun import z\n"
            "from . import w\n",
        }
    )
    assert imported_distributions(found, ["tests/test_a.py"]) == ("PyYAML", "freezegun")


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("E   ModuleNotFoundError: No module named 'dateutil'", ("python-dateutil",)),
        ("E   ModuleNotFoundError: No module named 'thing.gone'", ()),
        ("E       fixture 'mocker' not found", ("pytest-mock",)),
        ("PytestUnknownMarkWarning: Unknown pytest.mark.asyncio - is this a typo?", ("pytest-asyncio",)),
    ],
)
def test_what_a_log_misses_is_found(log, expected):
    assert missing_distributions(log, files({"thing/__init__.py": ""})) == expected


def test_of_alternatives_in_tox_the_last_one_counts():
    """Pins of all versions that a project is tested with contradicted each other, so that none resolved."""
    lines = "dbt017: dbt-core==0.17.2\ndbt100: dbt_core==1.0.0\nmain: dbt-core @ https://x.y\nsix\ncov: six"
    assert tox_dependencies(lines) == ["dbt_core==1.0.0", "dbt-core @ https://x.y", "six", "six"]


def test_a_condition_of_tox_on_a_python_does_not_bind_the_others():
    """`py33: pytest<3.3` used to forbid every later pytest on every Python."""
    lines = "py33: pytest<3.3\npy36,py3.7: mock\n!py27: six\npy38: -r a.txt\npy38: attrs; os_name == 'nt'"
    assert tox_dependencies(lines) == [
        "pytest<3.3; python_version == '3.3'",
        "mock; python_version == '3.6' or python_version == '3.7'",
        "six",
        "-r a.txt",
        "attrs; os_name == 'nt'",
    ]
