"""Runs the probe in a sandbox: which lines each test executes, and calls that can be repeated."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from repodojo.environments.build_records import RecordedCall
from repodojo.environments.line_ranges import encode_lines
from repodojo.environments.sandbox import Mount, Sandbox, Sandboxes, SandboxSpec
from repodojo.environments.watched import Watched, agree
from repodojo.errors import BuildError

_PROBE = "/opt/repodojo_probe"
_ORDERS = "/tmp/probe.json"  # noqa: S108 - inside the sandbox
_REPORT = "/tmp/report.json"  # noqa: S108
_OVERRIDES = ("-q", "-p", "no:cacheprovider", "-o", "addopts=", "--assert=plain")
_CALL_S = 0.5
_LONGEST_EXPRESSION = 130
_CALLS_PER_FUNCTION = 25


def probe_spec(spec: SandboxSpec) -> SandboxSpec:
    """Return the spec with the probe mounted."""
    return replace(spec, mounts=(*spec.mounts, Mount(Path(__file__).parent / "probe", _PROBE)))


def watch_tests(
    sandboxes: Sandboxes, spec: SandboxSpec, tests: Sequence[str], files: Sequence[str], timeout_s: float
) -> Watched:
    """Run the tests under the probe in two processes, one after the other; return what both did alike.

    Raises:
        BuildError: the probe gave no report.
    """
    first, second = (_watch_once(sandboxes, spec, tests, files, timeout_s) for _ in range(2))
    return agree(first, second)


def _watch_once(
    sandboxes: Sandboxes, spec: SandboxSpec, tests: Sequence[str], files: Sequence[str], timeout_s: float
) -> Watched:
    arguments = [*_OVERRIDES, f"--rootdir={spec.workdir}", *tests]
    with sandboxes.start(probe_spec(spec)) as sandbox:
        orders = _folders(spec) | {"files": _inside(files, spec), "arguments": arguments, "report": _REPORT}
        sandbox.write(_ORDERS, json.dumps(orders).encode())
        result = sandbox.run(f"exec {_command('watch_tests')}", timeout_s)
        if result.timed_out or not _exists(sandbox):
            raise BuildError(f"the tests could not be watched: {result.text[-500:]}")
        report = json.loads(sandbox.read(_REPORT))
    prefix = f"{spec.workdir}/"
    coverage = {
        test: {path.removeprefix(prefix): frozenset(lines) for path, lines in by_module.items()}
        for test, by_module in report["tests"].items()
    }
    calls = tuple({**call, "path": call["path"].removeprefix(prefix)} for call in report["calls"])
    return Watched(coverage, calls)


def replay_calls(
    sandboxes: Sandboxes, spec: SandboxSpec, calls: Iterable[dict[str, str]], files: Sequence[str]
) -> tuple[RecordedCall, ...]:
    """Repeat calls in two processes with different hash seeds; keep those that show the same both times.

    Functions that only ever give None are left out: they are called for an effect that no result shows.
    So are calls that draw from the global random generator, which agree by chance.
    """
    wanted = choose_calls(calls)
    traced = run_calls(sandboxes, spec, wanted, files, hash_seed=0)
    shown = [
        (call, outcome)
        for call, outcome in zip(wanted, traced, strict=True)
        if outcome["shown"] is not None and outcome["lines"]
    ]
    again = run_calls(sandboxes, spec, [call for call, _ in shown], (), hash_seed=1)
    kept = [
        _recorded(call, first, f"{spec.workdir}/")
        for (call, first), second in zip(shown, again, strict=True)
        if first["shown"] == second["shown"]
    ]
    silent = {(call.path, call.function) for call in kept} - {
        (call.path, call.function) for call in kept if call.shown != "None"
    }
    return tuple(call for call in kept if (call.path, call.function) not in silent)


def choose_calls(calls: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Take the shortest distinct calls of each function, in a fixed order."""
    by_function: dict[tuple[str, str], dict[str, dict[str, str]]] = defaultdict(dict)
    for call in calls:
        if len(call["expression"]) <= _LONGEST_EXPRESSION and call["expression"].isprintable():
            by_function[call["path"], call["function"]].setdefault(call["expression"], call)
    chosen = []
    for _, distinct in sorted(by_function.items()):
        ordered = sorted(distinct, key=lambda expression: (len(expression), expression))
        chosen += [distinct[expression] for expression in ordered[:_CALLS_PER_FUNCTION]]
    return chosen


def run_calls(  # noqa: PLR0913, PLR0917 - every one but the first three has a default
    sandboxes: Sandboxes,
    spec: SandboxSpec,
    calls: Sequence[Mapping[str, str]],
    files: Sequence[str],
    hash_seed: int = 0,
    files_to_write: Mapping[str, bytes] | None = None,
    total_s: float = 300.0,
    most_slow: int | None = None,
) -> list[dict[str, Any]]:
    """Make calls in one process of a fresh sandbox; those that it did not get to show None.

    Args:
        sandboxes: the backend.
        spec: what to start.
        calls: each with ``module``, ``name`` and ``expression``.
        files: modules whose lines are traced; none for a plain run.
        hash_seed: of the interpreter.
        files_to_write: replaces files first.
        total_s: the most for all.
        most_slow: after more calls than this ran past their time, the others are not made; None makes all.
    """
    fields = ("module", "name", "expression")
    orders = _folders(spec) | {
        "files": _inside(files, spec),
        "calls": [{name: call[name] for name in fields} for call in calls],
        "call_s": _CALL_S,
        "most_slow": len(calls) if most_slow is None else most_slow,
    }
    with sandboxes.start(probe_spec(spec)) as sandbox:
        for path, content in (files_to_write or {}).items():
            sandbox.write(path, content)
        sandbox.write(_ORDERS, json.dumps(orders).encode())
        command = f"PYTHONHASHSEED={hash_seed} {_command('replay_calls')} > {_REPORT}"
        sandbox.run(command, total_s)
        lines = sandbox.read(_REPORT).decode(errors="replace").splitlines()
    found = [outcome for line in lines if (outcome := _parse(line)) is not None]
    return found + [{"wrap": "", "shown": None, "raised": True, "lines": {}}] * (len(calls) - len(found))


def _parse(line: str) -> dict[str, Any] | None:
    """Read one line of the report; None for the torn last one of a process that was killed."""
    try:
        outcome: dict[str, Any] = json.loads(line)
    except json.JSONDecodeError:
        return None
    return outcome


def _recorded(call: Mapping[str, str], outcome: Mapping[str, Any], prefix: str) -> RecordedCall:
    wrap = outcome["wrap"]
    expression = f"{wrap}({call['expression']})" if wrap else call["expression"]
    lines = {path.removeprefix(prefix): encode_lines(found) for path, found in outcome["lines"].items()}
    return RecordedCall(
        module=call["module"],
        name=call["name"],
        expression=expression,
        path=call["path"],
        function=call["function"],
        shown=outcome["shown"],
        raised=outcome["raised"],
        lines=lines,
    )


def _command(program: str) -> str:
    """Return what starts a program of the probe, which is imported as a package."""
    folder, _, package = _PROBE.rpartition("/")
    return (
        f"python -c \"import sys; sys.path.insert(0, '{folder}'); from {package}.{program} import main; "
        f"sys.path.remove('{folder}'); main('{_ORDERS}')\""
    )


def _folders(spec: SandboxSpec) -> dict[str, Any]:
    """Split PYTHONPATH into the project's own folders and the packages."""
    folders = [folder for folder in spec.environment.get("PYTHONPATH", "").split(":") if folder]
    own = [folder for folder in folders if f"{folder}/".startswith(f"{spec.workdir}/")]
    return {"project": own, "packages": [folder for folder in folders if folder not in own]}


def _inside(files: Sequence[str], spec: SandboxSpec) -> list[str]:
    return [f"{spec.workdir}/{file}" for file in files]


def _exists(sandbox: Sandbox) -> bool:
    return sandbox.run(f"test -s {_REPORT}", 10).exit_code == 0
