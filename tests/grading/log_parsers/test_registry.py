"""Which parser is whose."""

import pytest

from repodojo.errors import InputError
from repodojo.grading.log_parsers import BY_REPO, PARSERS, find_parser
from repodojo.grading.log_parsers.django import parse_django
from repodojo.grading.log_parsers.plain import parse_pytest_output
from repodojo.grading.log_parsers.pytest_lines import (
    parse_cleaned,
    parse_options,
    parse_pydantic,
    parse_pytest,
)

SWEBENCH = (
    "astropy/astropy django/django matplotlib/matplotlib mwaskom/seaborn pallets/flask psf/requests "
    "pydata/xarray pylint-dev/pylint pytest-dev/pytest scikit-learn/scikit-learn sphinx-doc/sphinx "
    "sympy/sympy"
)
SWEGYM = (
    "pandas-dev/pandas Project-MONAI/MONAI getmoto/moto python/mypy iterative/dvc dask/dask "
    "modin-project/modin pydantic/pydantic conan-io/conan facebookresearch/hydra bokeh/bokeh"
)


def test_every_repository_of_both_sets_has_a_parser():
    assert len(SWEBENCH.split()) == 12
    assert len(SWEGYM.split()) == 11
    for repo in (*SWEBENCH.split(), *SWEGYM.split()):
        assert repo.lower() in BY_REPO
        assert find_parser(repo) is not parse_pytest_output


@pytest.mark.parametrize(
    ("name", "parse"),
    [
        ("parse_log_astropy", parse_cleaned),
        ("parse_log_scikit", parse_cleaned),
        ("parse_log_pylint", parse_options),
        ("parse_log_pydicom", parse_options),
        ("parse_log_pvlib", parse_pytest),
        ("parse_log_astroid", parse_pytest),
        ("parse_log_django", parse_django),
        ("parse_log_pydantic", parse_pydantic),
    ],
)
def test_names_of_swebench(name, parse):
    assert PARSERS[name] is parse
    assert find_parser("any/repo", name) is parse


def test_an_unknown_repository_prints_plain_pytest_and_an_unknown_name_is_refused():
    assert find_parser("owner/repo") is parse_pytest_output
    assert find_parser("owner/repo", "nose") is PARSERS["unittest"]
    with pytest.raises(InputError, match=r"log_parser: expected one of .*, found 'parse_log_gotest'"):
        find_parser("owner/repo", "parse_log_gotest")
