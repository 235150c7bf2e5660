"""Log parsers: pure functions from a test log to the status of each test, by name and by repository.

Status maps equal those of swebench 5.0.2 (SWE-Gym's fork for pydantic), its oddities with them, but for:

- a line that is just ``FAIL:`` or ``ERROR:`` says nothing, where swebench ends with an exception;
- ``SKIPPED [2] file:line`` is no test for pydantic either, whose harness takes ``[2]`` for one;
- bytes that are no UTF-8 are replaced (`saved_logs.decode`), where it ends with one too;
- a log of the 2023 harness, which has no markers, is read by that harness's own marks (`saved_logs`).

Labels published with such logs can differ: Django's output that runs into a test's line was read as no result
then, and the lists of some instances have changed since. The log counts.
"""

from collections.abc import Callable, Mapping

from repodojo.errors import InputError
from repodojo.grading.log_parsers.django import parse_django
from repodojo.grading.log_parsers.plain import parse_pytest_output, parse_tox_output, parse_unittest_output
from repodojo.grading.log_parsers.pytest_lines import (
    parse_cleaned,
    parse_matplotlib,
    parse_options,
    parse_pydantic,
    parse_pytest,
)
from repodojo.grading.log_parsers.seaborn import parse_seaborn
from repodojo.grading.log_parsers.sympy import parse_sympy

LogParser = Callable[[str], dict[str, str]]

_REPOSITORIES: Mapping[str, tuple[LogParser, tuple[str, ...]]] = {
    "parse_log_pytest": (
        parse_pytest,
        (
            "marshmallow-code/marshmallow", "pallets/flask", "pvlib/pvlib-python", "pydata/xarray",
            "pylint-dev/astroid", "pytest-dev/pytest", "pyvista/pyvista", "sqlfluff/sqlfluff",
            "bokeh/bokeh", "conan-io/conan", "dask/dask", "facebookresearch/hydra", "getmoto/moto",
            "iterative/dvc", "modin-project/modin", "pandas-dev/pandas", "project-monai/monai", "python/mypy",
        ),
    ),
    "parse_log_pytest_options": (
        parse_options,
        ("psf/requests", "pydicom/pydicom", "pylint-dev/pylint"),
    ),
    "parse_log_pytest_v2": (
        parse_cleaned,
        ("astropy/astropy", "scikit-learn/scikit-learn", "sphinx-doc/sphinx"),
    ),
    "parse_log_pytest_pydantic": (parse_pydantic, ("pydantic/pydantic",)),
    "parse_log_django": (parse_django, ("django/django",)),
    "parse_log_matplotlib": (parse_matplotlib, ("matplotlib/matplotlib",)),
    "parse_log_seaborn": (parse_seaborn, ("mwaskom/seaborn",)),
    "parse_log_sympy": (parse_sympy, ("sympy/sympy",)),
}  # fmt: skip
"""Parsers by their names in SWE-bench and SWE-Gym, with the repositories that they are for."""

BY_REPO: Mapping[str, LogParser] = {repo: parse for parse, repos in _REPOSITORIES.values() for repo in repos}
"""By repository, in lower case."""

PLAIN: Mapping[str, LogParser] = {
    "pytest": parse_pytest_output,
    "unittest": parse_unittest_output,
    "nose": parse_unittest_output,
    "tox": parse_tox_output,
}
"""By test runner, for repositories that no harness knows."""

PARSERS: Mapping[str, LogParser] = {
    **{name: parse for name, (parse, _) in _REPOSITORIES.items()},
    **{f"parse_log_{repo.partition('/')[2].partition('-')[0]}": parse for repo, parse in BY_REPO.items()},
    **PLAIN,
}
"""By name: SWE-bench's ``log_parser`` column (``parse_log_`` and a runner or a project), or a test runner."""


def find_parser(repo: str, name: str = "") -> LogParser:
    """Return the parser of a name, else of a repository, else pytest's.

    Raises:
        InputError: there is no parser of that name.
    """
    if name and name not in PARSERS:
        raise InputError(f"log_parser: expected one of {', '.join(sorted(PARSERS))}, found {name!r}")
    return PARSERS[name] if name else BY_REPO.get(repo.lower(), parse_pytest_output)
