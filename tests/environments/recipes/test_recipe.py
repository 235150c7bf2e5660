"""What a recipe may say, and the one error for what it may not."""

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from repodojo.environments.recipes.recipe import Recipe
from repodojo.environments.recipes.recipe_files import parse_recipe, read_recipes, recipe_text
from repodojo.environments.recipes.test_command import TestCommand
from repodojo.errors import InputError

HEAD = "repo: a/b\npython: '3.8'\nrequirements: []\n"


def test_a_full_recipe_is_read_and_written_the_same(tmp_path):
    text = HEAD + (
        "system_packages: [libpq-dev, g++]\ninstall: ['echo \"$(date)\" > src/made.txt']\n"
        "test: {options: [--run-slow, -m, not network], variables: {DATABASE: 'sqlite://'}}\n"
    )
    (tmp_path / "a.yml").write_text(text)
    (recipe,) = read_recipes(tmp_path)
    assert recipe.system_packages == ("g++", "libpq-dev")
    assert recipe.install == ('echo "$(date)" > src/made.txt',)
    assert recipe.test.options == ("--run-slow", "-m", "not network")
    assert recipe.surroundings.variables == {"DATABASE": "sqlite://"}
    assert parse_recipe(recipe_text(recipe), "again") == recipe


WRONG = [
    ("system_packages: ['foo; rm -rf /']", "system_packages", "expected a Debian package's name"),
    ("system_packages: [$(id)]", "system_packages", "expected a Debian package's name"),
    ("system_packages: [--reinstall]", "system_packages", "expected a Debian package's name"),
    ("system_packages: [foo-]", "system_packages", "expected a Debian package's name"),
    ("system_packages: ['lib.*']", "system_packages", "expected a Debian package's name"),
    ("system_packages: [python3-click]", "system_packages", "go under 'requirements'"),
    (f"system_packages: {[f'p{n}' for n in range(1000)]}", "system_packages", "expected at most 100 items"),
    ("install: make", "install", "expected a list"),
    ("install: ['']", "install.0", "expected at least 1 character"),
    (f"install: ['{'x' * 5000}']", "install.0", "at most 4000 characters"),
    ("test: {runner: nose2}", "test.runner", "expected 'pytest', 'unittest' or"),
    ("test: {option: []}", "test.option", "Unknown field (did you mean 'options'?)"),
    ("test: {options: [-k, some]}", "test", "option '-k'"),
    ("test: {options: [tests/test_a.py]}", "test", "option 'tests/test_a.py'"),
    ("test: {options: [--junitxml=/tmp/x]}", "test", "the grader decides it"),
    ("test: {options: [-o, addopts=-x]}", "test", "the grader sets it"),
    ("test: {options: [-m]}", "test", "expected a value after it"),
    ("test: {variables: {PATH: /x}}", "test.variables", "set by the sandbox"),
    ("test: {variables: {'A=B': x}}", "test.variables", "expected a variable's name"),
    ('test: {variables: {A: "x\\ny"}}', "test.variables", "printable value"),
    ("test: {variables: {A: 1}}", "test.variables.A", "expected text in quotes, found 1"),
    ("test: {variables: {A: 2020-01-01}}", "test.variables.A", "expected text in quotes"),
    ("test: pytest", "test", "expected an object of named fields"),
    ("own_requirements: perhaps", "own_requirements", "expected true or false"),
    ("versions: 2.0", "versions", "expected text in quotes, found 2.0"),
    ("versions: ['1']", "versions", "expected text, found ['1']"),
    ("packages: []", "packages", "Unknown field (did you mean 'system_packages'?)"),
    ("zzz: 1", "zzz", "Unknown field (expected one of: declared_requirements, found_by"),
]


@pytest.mark.parametrize(("line", "field", "told"), WRONG, ids=[line[:40] for line, _, _ in WRONG])
def test_one_error_names_file_field_and_what_was_expected_and_found(line, field, told):
    with pytest.raises(InputError) as caught:
        parse_recipe(HEAD + line, "some.yml")
    assert re.match(rf"some\.yml: field '{re.escape(field)}': ", str(caught.value))
    assert told in str(caught.value)
    assert ", found " in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("unquoted", ["3.11", "3.10", "3", "2.7", "'2.7'", "'3.8.1'", "'3.１'", "[3.8]"])
def test_an_unquoted_python_used_to_be_no_valid_string(unquoted):
    """YAML reads 3.10 as 3.1, so none is taken without quotes; pydantic's own words told a user nothing."""
    with pytest.raises(InputError) as caught:
        parse_recipe(f"repo: a/b\npython: {unquoted}\nrequirements: []\n", "some.yml")
    found = yaml.safe_load(unquoted)
    assert str(caught.value) == (
        "some.yml: field 'python': expected a minor version of Python 3 in quotes, such as '3.10', "
        f"which is 3.1 without them, found {found!r}"
    )


def test_a_misspelt_field_used_to_be_told_as_the_one_that_it_leaves_missing():
    told = r"field 'requirement': Unknown field \(did you mean 'requirements'\?\), found \['six'\]"
    with pytest.raises(InputError, match=told):
        parse_recipe("repo: a/b\npython: '3.8'\nrequirement: [six]\n", "some.yml")
    with pytest.raises(InputError, match=r"'requirements': expected among the fields, found \['repo', 'py"):
        parse_recipe("repo: a/b\npython: '3.8'\n", "some.yml")
    with pytest.raises(InputError, match=r"'repo': expected owner/repo, such as 'dask/dask', found 'dask'"):
        parse_recipe("repo: dask\npython: '3.8'\nrequirements: []\n", "some.yml")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD + "python: '3.9'\n", "field 'python': expected once, found twice"),
        (HEAD + "test: {variables: {A: '1', A: '2'}}\n", "field 'A': expected once, found twice"),
        ("- a\n", "expected a recipe's fields, found"),
        ("a: &x [1]\nb: *x\n", "found aliases"),
        ("\udcff", "YAML"),
    ],
)
def test_nothing_of_a_file_is_dropped_silently(text, told):
    """YAML takes the last of two fields of one name."""
    with pytest.raises(InputError, match=told):
        parse_recipe(text, "some.yml")


def test_what_is_no_file_of_text_is_named(tmp_path):
    (tmp_path / "a.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"a\.yml: expected a recipe as YAML in UTF-8"):
        read_recipes(tmp_path)
    (tmp_path / "a.yml").unlink()
    (tmp_path / "a.yml").mkdir()
    with pytest.raises(InputError, match=r"a\.yml: expected a recipe as YAML in UTF-8"):
        read_recipes(tmp_path)


@pytest.mark.parametrize("requirement", ["-r x.txt", "git+https://x.invalid/y", "y @ file:///y", "six\n-e ."])
def test_a_requirement_that_is_none_used_to_reach_uv(requirement):
    """As an option, or as an address that uv would build from outside any sandbox."""
    with pytest.raises(InputError, match="some: field 'requirements'"):
        parse_recipe(yaml.safe_dump({"repo": "a/b", "python": "3.8", "requirements": [requirement]}), "some")


@given(st.text(max_size=300))
def test_any_text_is_a_recipe_or_one_error(text):
    try:
        told = recipe_text(parse_recipe(HEAD + text, "some: "))
    except InputError as error:
        told = str(error)
    assert told.startswith(("some: ", "repo: a/b"))


words = st.sampled_from(
    ["--run-slow", "--db=x y", "-m", "-p", "-W", "not network", "$(id)", "a.b", "-x", "--lf"]
)


@given(st.lists(words, max_size=6))
def test_no_option_passes_that_selects_stops_or_names_tests(options):
    try:
        command = TestCommand(options=tuple(options))
    except ValueError:
        return
    free = [
        word
        for before, word in zip(["", *options], options, strict=False)
        if before not in ("-m", "-p", "-W")
    ]
    assert not {"-x", "--lf", "a.b", "$(id)", "not network"} & set(free)
    assert Recipe(repo="a/b", python="3.8", requirements=(), test=command).surroundings.test_options == tuple(
        options
    )


@pytest.mark.parametrize("name", ["a.yml", "a.yaml"])
def test_a_recipe_file_may_end_either_way(tmp_path, name):
    (tmp_path / name).write_text(HEAD)
    assert [recipe.repo for recipe in read_recipes(tmp_path)] == ["a/b"]
