"""What statuses mean for the tests that must pass: three rules, by name.

``strict``: a test passed if its status is PASSED; a skipped or missing one did not. Ours, for reports of ids
that nobody cut.

``swebench`` (swebench 5.0.2, ``harness/grading.py``): PASSED and XFAIL pass; SKIPPED is no regression, but
no repair; an id that was cut inside its parameter stands for the ids that it starts, where they agree.

``swegym`` (SWE-Gym section 2.1, its fork of SWE-bench 2.0.13): PASSED and XFAIL pass; a skipped test counts
neither way; pytest's ids are cut at their first blank, and the last of those that fall together counts.
"""

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

Rule = Literal["strict", "swebench", "swegym"]
Statuses = Mapping[str, str]

_PASSES = frozenset({"PASSED", "XFAIL"})
_FAILS = frozenset({"FAILED", "ERROR"})
_KNOWN = _PASSES | _FAILS | {"SKIPPED"}


class RequiredTests(Protocol):
    """The tests that must pass; an instance, or the row of a published set."""

    @property
    def instance_id(self) -> str:
        """Name of the instance."""

    @property
    def FAIL_TO_PASS(self) -> tuple[str, ...] | None:
        """Tests that a repair makes pass."""

    @property
    def PASS_TO_PASS(self) -> tuple[str, ...] | None:
        """Tests that it leaves passing."""


def failed_tests(statuses: Statuses, lists: RequiredTests, rule: Rule) -> tuple[str, ...]:
    """Return the FAIL_TO_PASS and PASS_TO_PASS ids that a rule counts against a patch."""
    repairs, regresses = _RULES[rule]
    if rule == "swegym":
        statuses = {
            **statuses,
            **{name.split()[0]: found for name, found in statuses.items() if "::" in name},
        }
    wrong = [name for name in lists.FAIL_TO_PASS or () if repairs(name, statuses)]
    wrong += [name for name in lists.PASS_TO_PASS or () if regresses(name, statuses)]
    return tuple(dict.fromkeys(wrong))


def can_resolve(lists: RequiredTests, rule: Rule) -> bool:
    """Tell whether any log can show a repair; both harnesses count an empty list as all passed."""
    return rule != "strict" or bool(lists.FAIL_TO_PASS)


def full_id(name: str, statuses: Statuses) -> str | None:
    """Return the id in a log that an official id stands for (SWE-bench issue 290), or None."""
    if name in statuses:
        return name
    if name.count("[") <= name.count("]"):
        return None
    candidates = [known for known in statuses if known.startswith(name)]
    agree = len({statuses[known] in _PASSES for known in candidates}) == 1
    return candidates[0] if agree else None


def _not_passed(name: str, statuses: Statuses) -> bool:
    return statuses.get(name) != "PASSED"


def _not_repaired(name: str, statuses: Statuses) -> bool:
    """Unlike a status that no harness knows, SKIPPED is counted."""
    found = statuses.get(full_id(name, statuses) or name)
    return found is None or (found in _KNOWN and found not in _PASSES)


def _regressed(name: str, statuses: Statuses) -> bool:
    return _not_repaired(name, statuses) and statuses.get(full_id(name, statuses) or name) != "SKIPPED"


def _failed(name: str, statuses: Statuses) -> bool:
    found = statuses.get(name)
    return found is None or found in _FAILS


_RULES: Mapping[Rule, tuple[Callable[[str, Statuses], bool], Callable[[str, Statuses], bool]]] = {
    "strict": (_not_passed, _not_passed),
    "swebench": (_not_repaired, _regressed),
    "swegym": (_failed, _failed),
}
"""Whether a test counts against a patch: of FAIL_TO_PASS, of PASS_TO_PASS."""
