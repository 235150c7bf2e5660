"""One instance's page: what it was asked, and every attempt at it, as data that its own script shows.

The page refers to nothing outside of itself, and its policy allows no script and no style but the two in it,
so that nothing in a trajectory can run. Messages stand in a block for each attempt, parsed when it is shown.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from repodojo.reporting.viewer.states import first_fix, patch_state, patch_states
from repodojo.reporting.viewer.text import script_json, shown
from repodojo.types import Instance, Message, Trajectory, Verdict

COMMAND_SHOWN = 120
ISSUE_SHOWN = 20_000
SCRIPTS = ("page", "comparison", "layout", "cells", "drawing", "detail", "search", "controls")
"""The parts of the page's script, in the order in which they stand: the last starts it."""


class Attempt(NamedTuple):
    """What is known of one attempt."""

    group: str
    """The policy's name in the run: ``teacher``, ``fine_tuned``, ..."""
    trajectory: Trajectory
    verdict: Verdict | None
    score: float | None
    """The verifier's; None where it gave none."""


def render_page(instance: Instance, attempts: Sequence[Attempt], report: str = "../report.html") -> str:
    """Return the page of an instance; ``report`` is where its link back leads."""
    fixes = frozenset(
        patch_state(each.trajectory.model_patch)
        for each in attempts
        if each.verdict and each.verdict.resolved
    )
    states = patch_states([each.trajectory for each in attempts])
    overview = [_overview(*pair, fixes) for pair in zip(attempts, states, strict=True)]
    script, style = _script(), _asset("viewer.css")
    return (
        _environment()
        .get_template("viewer.html.jinja")
        .render(
            instance_id=shown(instance.instance_id),
            repo=shown(instance.repo),
            issue=shown(instance.problem_statement, ISSUE_SHOWN),
            gold=shown(instance.patch, ISSUE_SHOWN),
            tests=[shown(test) for test in instance.FAIL_TO_PASS],
            passing=len(instance.PASS_TO_PASS),
            report=report,
            policy=f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'",
            script=Markup(script),  # noqa: S704 - this package's own file
            style=Markup(style),  # noqa: S704
            overview=Markup(script_json(overview)),  # noqa: S704 - holds no markup
            blocks=(Markup(script_json(_texts(each.trajectory))) for each in attempts),  # noqa: S704
        )
    )


def _overview(attempt: Attempt, states: Sequence[str], fixes: frozenset[str]) -> dict[str, Any]:
    """Return what the table of attempts and the grid of turns show."""
    trajectory, verdict = attempt.trajectory, attempt.verdict
    return {
        "group": attempt.group,
        "policy": shown(trajectory.policy),
        "attempt": trajectory.attempt,
        "temperature": trajectory.temperature,
        "exit": shown(trajectory.exit_status),
        "error": shown(trajectory.error, 500),
        "outcome": verdict.outcome if verdict else "not graded",
        "cause": shown(verdict.cause) if verdict else "",
        "failed": [shown(test) for test in verdict.failed_tests[:50]] if verdict else [],
        "score": attempt.score,
        "tokens": sum(turn.completion_tokens for turn in trajectory.turns),
        "seconds": round(trajectory.duration_s, 1),
        "fix": first_fix(states, fixes),
        "states": states,
        "turns": [
            [_first_line(turn.command), turn.exit_code, _key(turn.command)] for turn in trajectory.turns
        ],
    }


def _texts(trajectory: Trajectory) -> dict[str, Any]:
    """Return an attempt's messages; those of a turn are its answer and what follows up to the next."""
    messages = [[message.role, shown(_content(message))] for message in trajectory.messages]
    answers = [at for at, (role, _) in enumerate(messages) if role == "assistant"]
    bounds = [*answers, len(messages)]
    turns = [messages[start:end] for start, end in zip(answers, bounds[1:], strict=True)]
    return {"opening": messages[: bounds[0]], "turns": turns, "patch": shown(trajectory.model_patch)}


def _content(message: Message) -> str:
    calls = (f"→ {call.name} {call.arguments}" for call in message.tool_calls)
    return "\n".join([message.content, *calls])


def _first_line(command: str | None) -> str | None:
    if command is None:
        return None
    first, _, more = shown(command, 4 * COMMAND_SHOWN).strip().partition("\n")
    return first[:COMMAND_SHOWN] + ("…" if more or len(first) > COMMAND_SHOWN else "")


def _key(command: str | None) -> str:
    """Return what two turns share if and only if they gave the same command."""
    return hashlib.sha256((command or "").encode("utf-8", errors="replace")).hexdigest()[:8]


@cache
def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _script() -> str:
    """Return the parts as one script; in a function, for names such as scrollTo are the window's outside."""
    parts = (_asset(f"script/{part}.js") for part in SCRIPTS)
    return "\n".join(['"use strict";', "(() => {", *parts, "})();"])


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _environment() -> Environment:
    folder = Path(__file__).parent
    return Environment(loader=FileSystemLoader(folder), undefined=StrictUndefined, autoescape=True)


def page_name(instance_id: str) -> str:
    """Return the file name of an instance's page; a digest tells apart what file names cannot."""
    safe = re.sub(r"[^\w.-]", "-", instance_id).lstrip(".")[:150]
    mark = "" if safe == instance_id else f"-{hashlib.sha256(instance_id.encode()).hexdigest()[:8]}"
    return f"{safe}{mark}.html"


def group_attempts(
    trajectories: Mapping[str, Mapping[str, Trajectory]],
    verdicts: Mapping[str, Mapping[str, Verdict]],
    scores: Mapping[str, float | None],
    scored: str,
) -> dict[str, list[Attempt]]:
    """Group all attempts by instance; the first two are by policy, ``scores`` are of policy ``scored``."""
    found: dict[str, list[Attempt]] = {}
    for group, made in trajectories.items():
        for key, each in sorted(made.items(), key=lambda item: (item[1].instance_id, item[1].attempt)):
            score = scores.get(key) if group == scored else None
            found.setdefault(each.instance_id, []).append(
                Attempt(group, each, verdicts[group].get(key), score)
            )
    return found


def instance_index(
    instances: Sequence[Instance], attempts: Mapping[str, Sequence[Attempt]]
) -> list[dict[str, Any]]:
    """Return for each instance its page, and attempts and successes by policy."""
    rows = []
    for instance in sorted(instances, key=lambda each: (each.split, each.repo, each.instance_id)):
        found = attempts.get(instance.instance_id, ())
        groups = {each.group: [0, 0] for each in found}
        for each in found:
            groups[each.group][0] += bool(each.verdict and each.verdict.resolved)
            groups[each.group][1] += 1
        page = f"trajectories/{page_name(instance.instance_id)}"
        named = {"instance_id": instance.instance_id, "repo": instance.repo, "split": instance.split}
        rows.append({**named, "page": page, "attempts": groups})
    return rows
