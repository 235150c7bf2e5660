"""Writes an issue from a call that shows another value than it should.

    <one sentence>

    ```python
    from inflection import pluralize
    print(repr(pluralize('axis')))
    ```

    It prints:

    ```
    'axises'
    ```

    It should print:

    ```
    'axes'
    ```

An exception shows as the last line of its traceback. Nothing names a path, a line or a hidden test.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from repodojo.environments.build_records import RecordedCall
from repodojo.instances.injection import Mutation

LONGEST_SNIPPET = 160
LONGEST_VALUE = 120


@dataclass(frozen=True)
class Symptom:
    """A call, what it shows and what it should show."""

    module: str
    name: str
    expression: str
    actual: str
    expected: str
    fails: bool
    """Whether the call raises where it should give a value or another exception."""
    should_fail: bool

    @property
    def snippet(self) -> str:
        """The two lines that show it."""
        return f"from {self.module} import {self.name}\nprint(repr({self.expression}))"


def order_calls(calls: Iterable[RecordedCall], mutation: Mutation) -> list[RecordedCall]:
    """Sort calls by how directly they show a bug: those of the changed function, then the shortest."""
    return sorted(
        calls,
        key=lambda call: (
            (call.path, call.function) != (mutation.path, mutation.function),
            len(call.expression),
            call.expression,
        ),
    )


def find_symptom(calls: Sequence[RecordedCall], outcomes: Sequence[Mapping[str, Any]]) -> Symptom | None:
    """Return the first short call that shows something else than it did before; None where there is none.

    Args:
        calls: what each showed in the pristine project.
        outcomes: ``shown`` (None where nothing is comparable), ``raised`` and ``wrap`` of each with the bug.
    """
    for call, outcome in zip(calls, outcomes, strict=True):
        actual = outcome["shown"]
        if actual is None or actual == call.shown or outcome["wrap"]:
            continue
        symptom = Symptom(
            call.module, call.name, call.expression, actual, call.shown, outcome["raised"], call.raised
        )
        if len(symptom.snippet) <= LONGEST_SNIPPET and all(map(_is_short, (actual, call.shown))):
            return symptom
    return None


def write_issue(symptom: Symptom) -> str:
    """Write the issue."""
    return (
        f"{_sentence(symptom)}\n\n```python\n{symptom.snippet}\n```\n\n"
        f"It prints:\n\n```\n{symptom.actual}\n```\n\nIt should print:\n\n```\n{symptom.expected}\n```\n"
    )


def find_leaks(text: str, path: str, lines: Collection[int], tests: Iterable[str]) -> list[str]:
    """List what an issue must not say: the changed path or line, the name of a hidden test."""
    leaks = [name for name in {path, PurePosixPath(path).name} if name in text and name != "__init__.py"]
    leaks += [f"line {number}" for number in lines if re.search(rf"\bline {number}\b", text)]
    names = {part.split("[")[0] for test in tests for part in test.split("::")}
    return leaks + sorted(name for name in names if len(name) > 3 and name in text)


def names_function(text: str, function: str) -> bool:
    """Whether a text names a function (without its class)."""
    return re.search(rf"(?<!\w){re.escape(function.rpartition('.')[2])}(?!\w)", text) is not None


def names_module(symptom: Symptom, path: str) -> bool:
    """Whether the import of a symptom leads to the changed module, not only to its package."""
    parts = PurePosixPath(path).with_suffix("").parts
    module = parts[:-1] if parts[-1] == "__init__" else parts
    return symptom.module.split(".") == list(module[module[0] == "src" :])


def _sentence(symptom: Symptom) -> str:
    """Say what is wrong, with the name that is called and nothing else."""
    called = f"`{_called(symptom)}`"
    if symptom.fails and symptom.should_fail:
        return f"{called} fails with the wrong error."
    if symptom.fails:
        return f"{called} fails with {symptom.actual.split(':')[0]} on input that it should accept."
    if symptom.should_fail:
        return f"{called} accepts input that it should refuse."
    return f"{called} gives the wrong result."


def _called(symptom: Symptom) -> str:
    """Return what the expression calls: the name, or ``Class.method``."""
    inner = re.sub(r"^(?:list|str|repr|len|bool|hash)\((?=.*\)$)", "", symptom.expression)
    method = re.search(r"\)\.(\w+)(\(.*\))?\)?$", inner)
    direct = re.match(rf"{re.escape(symptom.name)}\.(\w+)\(", inner)
    if direct:
        return f"{symptom.name}.{direct.group(1)}"
    return f"{symptom.name}.{method.group(1)}" if method and inner.startswith(symptom.name) else symptom.name


def _is_short(shown: str) -> bool:
    return len(shown) <= LONGEST_VALUE and shown.isprintable() and "```" not in shown
