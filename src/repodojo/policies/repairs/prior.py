"""How likely a change is, before it is tried: by its kind, its line, and what the issue says.

Scores are logarithms of odds, set by hand.
"""

import re

from repodojo.policies.repairs.issue import Issue, is_exception
from repodojo.policies.repairs.operators import Change

_KINDS = {
    "order": 0.2,
    "equality": 0.6,
    "augmented": 0.2,
    "bits": 0.0,
    "arithmetic": 0.2,
    "constant": 0.5,
    "boolean": 0.7,
    "member": 0.5,
    "jump": 0.0,
    "twin": 0.5,
    "default": 0.3,
    "number": 0.0,
    "not_removed": 0.5,
    "not_added": 0.2,
    "not_returned": -1.5,
    "slice": -0.3,
    "step_removed": 0.3,
    "step_added": -1.2,
    "swap": -0.3,
    "added_up": 0.3,
    "returned": -1.0,
}
_BY_RESULT = {
    "bool": {"order", "equality", "boolean", "member", "not_removed", "not_added", "constant"},
    "number": {"arithmetic", "number", "augmented", "order", "step_removed", "step_added"},
    "case": {"twin"},
    "tail": {"added_up", "slice", "number", "step_removed"},
    "text": {"number", "slice", "step_removed", "step_added", "twin", "arithmetic"},
    "sorting": {"constant", "twin", "swap", "order", "default"},
    "size": {"order", "number", "slice", "not_added", "not_removed", "boolean", "member", "jump"},
    "raised": {"order", "equality", "boolean", "member", "not_added", "not_removed", "number", "swap"},
}
_ERRORS = {
    "IndexError": {"number", "order", "slice", "step_removed", "step_added"},
    "TypeError": {"swap", "arithmetic", "member", "not_added", "not_removed", "equality", "boolean"},
    "AttributeError": {"member", "boolean", "swap", "not_added", "not_removed", "equality"},
    "ZeroDivisionError": {"arithmetic", "number", "order", "equality"},
    "RecursionError": {"order", "equality", "number", "arithmetic", "boolean", "member"},
}


def change_score(issue: Issue, change: Change, line: str, following: str) -> float:
    """Score a change of a line; ``following`` is the next line of code."""
    score = _KINDS[change.kind] - 0.5 * change.rank
    result = issue.difference
    if result in _BY_RESULT:
        score += 0.7 if change.kind in _BY_RESULT[result] else -0.4
    error = re.split(r"\W", issue.actual, maxsplit=1)[0]
    if is_exception(issue.actual) and error in _ERRORS:
        score += 0.5 if change.kind in _ERRORS[error] else -0.2
    if change.kind == "added_up" and result == "tail":
        score += 1.5
    if change.kind == "not_removed" and line[change.end :].startswith("("):
        score += 0.7
    if change.kind == "returned" and (issue.actual == "None" or "NoneType" in issue.actual):
        score += 3.0
    operands = "unsupported operand" in issue.actual or "can't multiply" in issue.actual
    if operands and change.kind in ("arithmetic", "augmented", "bits"):
        score += 1.5
    return score + _line_score(issue, line, following)


def _line_score(issue: Issue, line: str, following: str) -> float:
    score = 0.0
    told = f"{issue.snippet}\n{issue.actual}\n{issue.expected}"
    literals = [text for _, text in re.findall(r"""(['"])(.{1,20}?)\1""", line)]
    if any(re.search(rf"(?<!\w){re.escape(text)}(?!\w)", told) for text in literals):
        score += 0.5
    if "raise " in following or "raise " in line:
        name = re.search(r"raise (?:\w+\.)*(\w+)", f"{line}\n{following}")
        told_error = bool(name) and name is not None and name[1] in f"{issue.actual}\n{issue.expected}"
        score += 1.5 if told_error else -0.8
    if "isinstance(" in line or "warnings." in line:
        score -= 0.4
    return score
