"""The programs that tests are run with: options that recipes may not decide, words and canaries of a run."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

Runner = Literal["pytest", "unittest", "django"]
"""``django`` is `tests/runtests.py` of Django's own repository, from the root of the sources."""
_KEPT_BACK = """
--assert --basetemp --cache-clear --cache-show --capture --co --code-highlight --collect-only --collectonly
--color --config-file --continue-on-collection-errors --cov --debug --deselect --dist --exitfirst
--failed-first --ff --fixtures --fixtures-per-test --full-trace --funcargs --help --ignore --ignore-glob
--inifile --junit-xml --junitxml --keep-duplicates --last-failed --lf --lfnf --log-file --markers --maxfail
--new-first --nf --no-header --no-showlocals --no-summary --numprocesses --override-ini --pastebin --pdb
--pdbcls --pyargs --quiet --reruns --rootdir --setup-only --setup-plan --setup-show --setuponly --setupplan
--setupshow --show-capture --showlocals --stepwise --stepwise-reset --stepwise-skip --sw --sw-reset --sw-skip
--tb --trace --tx --verbose --verbosity --version --xfail-tb
"""


class RunnerOptions(NamedTuple):
    """What a runner's command line may hold."""

    with_value: tuple[str, ...]
    """Short options that a recipe may give, each followed by its value."""
    kept_back: frozenset[str]
    """Long options that select, order, repeat, stop, hide or report elsewhere: the grader's alone."""


RUNNERS: Mapping[Runner, RunnerOptions] = {
    "pytest": RunnerOptions(("-m", "-p", "-W", "-o"), frozenset(_KEPT_BACK.split())),
    "unittest": RunnerOptions(
        (), frozenset({"--failfast", "--locals", "--quiet", "--verbose", "--durations"})
    ),
    "django": RunnerOptions(
        (),
        frozenset(
            {
                "--bisect",
                "--debug-mode",
                "--debug-sql",
                "--durations",
                "--failfast",
                "--headless",
                "--logged-in",
                "--pair",
                "--parallel",
                "--pdb",
                "--quiet",
                "--reverse",
                "--shuffle",
                "--start-after",
                "--start-at",
                "--timing",
                "--verbosity",
                "--version",
            }
        ),
    ),
}


def canary_file(runner: str, nonce: str) -> str:
    """Return where canaries lie; Django's runner knows only tests beside it."""
    return f"tests/test_{nonce}.py" if runner == "django" else f"test_{nonce}.py"


def canary_name(runner: str, file: str, function: str) -> str:
    """Return a canary's id."""
    return f"{file}::{function}" if runner == "pytest" else f"{file}::Canary::{function}"


def canary_source(runner: str, canaries: Mapping[str, str]) -> str:
    """Return the test file of canaries, from the status that each must have by its id."""
    named = ((name.rpartition("::")[2], status == "PASSED") for name, status in canaries.items())
    if runner == "pytest":
        return "\n\n".join(f"def {name}():\n    assert {passes}\n" for name, passes in named)
    methods = (f"    def {name}(self):\n        self.assertTrue({passes})\n" for name, passes in named)
    return "import unittest\n\n\nclass Canary(unittest.TestCase):\n" + "\n".join(methods)


def labels(runner: str, tests: Sequence[str]) -> list[str]:
    """Return files and ids as a runner is given them: pytest's own, else modules with dots."""
    if runner == "pytest":
        return list(tests)
    root = "tests/" if runner == "django" else ""
    plain = (test.removeprefix(root) for test in tests)
    parts = (
        (path.removesuffix(".py").replace("/", "."), names)
        for path, _, names in (t.partition("::") for t in plain)
    )
    return [".".join(filter(None, (module, names.replace("::", ".")))) for module, names in parts]
