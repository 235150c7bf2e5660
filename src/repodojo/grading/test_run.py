"""Runs tests in a fresh sandbox and believes only a report that could not be forged easily.

Believed is a report that is signed with the run's key, whose exit status is that of the process, which
agrees with the log, and in which the canaries did exactly what was drawn for them. What this does not
protect against: code written for this very referee that searches the interpreter's memory for its objects
while the tests run.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from repodojo.environments.sandbox import (
    ExecResult,
    Mount,
    RunsPython,
    Sandbox,
    Sandboxes,
    SandboxSpec,
)
from repodojo.errors import SandboxError, SetupError
from repodojo.grading import bare_programs
from repodojo.grading.catalogs import compile_edited
from repodojo.grading.log_parsers.plain import parse_unittest_output
from repodojo.grading.orders import CALM, Disturbance, draw_orders, orders_record
from repodojo.grading.own_options import collection_options
from repodojo.grading.runners import canary_source
from repodojo.grading.test_log import parse_test_log

_REFEREE = "/opt/referee"
_ORDERS = "/tmp/referee.json"  # noqa: S108
_LOG_BYTES = 32 << 20
PRELOAD = (
    "pytest",
    *(f"_pytest.{name}" for name in ("_argcomplete", "faulthandler", "junitxml", "pastebin", "setuponly")),
    *(
        f"_pytest.{name}"
        for name in ("setupplan", "skipping", "stepwise", "terminalprogress", "threadexception")
    ),
    *(
        f"_pytest.{name}"
        for name in ("helpconfig", "warnings", "tracemalloc", "unittest", "unraisableexception")
    ),
    *("email.parser", "faulthandler", "pdb", "tomllib", "tomllib._parser"),
)
"""What pytest imports to run any test; imported once for many sandboxes."""


@dataclass(frozen=True)
class TestRun:
    """What a run of tests did."""

    __test__ = False

    statuses: dict[str, str]
    """PASSED, FAILED, ERROR, SKIPPED, XFAIL or XPASS by test id; empty unless ``trusted``."""
    exit_code: int | None
    """Of pytest; None when it was killed at its timeout."""
    duration_s: float
    log: str
    timed_out: bool
    trusted: bool
    fault: str = ""
    """Why the report is not believed."""


def run_tests(  # noqa: PLR0913, PLR0917 - one run's parts
    sandboxes: Sandboxes,
    spec: SandboxSpec,
    tests: Sequence[str],
    timeout_s: float,
    files_to_write: Mapping[str, bytes] | None = None,
    setup_command: str = "",
    disturbance: Disturbance = CALM,
) -> TestRun:
    """Run test files or ids in a fresh sandbox, after writing files and running a command there.

    Raises:
        SandboxError: the sandbox failed, or the setup command did.
    """
    with sandboxes.start(referee_spec(spec)) as sandbox:
        for path, content in (files_to_write or {}).items():
            sandbox.write(path, content)
        if setup_command:
            result = sandbox.run(setup_command, timeout_s)
            if result.exit_code != 0:
                raise SetupError(f"setup failed with {result.exit_code}: {result.text[-2000:]}")
        return run_tests_in(sandbox, spec, tests, timeout_s, disturbance)


def referee_spec(spec: SandboxSpec) -> SandboxSpec:
    """Return the spec with the referee mounted, and room for the log of many thousand tests."""
    mount = Mount(Path(__file__).parent / "inside", _REFEREE)
    limits = replace(spec.limits, output_bytes=max(spec.limits.output_bytes, _LOG_BYTES))
    preload = () if spec.brings_python else PRELOAD
    return replace(spec, mounts=(*spec.mounts, mount), preload=preload, limits=limits)


def run_tests_in(
    sandbox: Sandbox,
    spec: SandboxSpec,
    tests: Sequence[str],
    timeout_s: float,
    disturbance: Disturbance = CALM,
) -> TestRun:
    """Run tests in a sandbox that was started for nothing else."""
    compile_edited(sandbox, spec)
    runner = spec.test_runner
    orders = draw_orders(runner)
    sandbox.write(orders.canary_file, canary_source(runner, orders.canaries).encode())
    own = collection_options(partial(_text_or_none, sandbox)) if runner == "pytest" else []
    record = orders_record(orders, spec, [*own, *spec.test_options], tests, disturbance)
    if disturbance.bare:
        sandbox.run(bare_programs.GATHER, timeout_s)
    sandbox.write(_ORDERS, json.dumps(record).encode())
    before = _read_tests(sandbox, tests)
    result = _run_referee(sandbox, spec, timeout_s)
    if result.timed_out:
        return _untrusted(result, "timeout")
    if _read_tests(sandbox, tests) != before:
        return _untrusted(result, "a test file changed while the tests ran")
    signed = _read_or_none(sandbox, orders.report)
    if signed is None:
        return _untrusted(result, "no report")
    return judge_report(result, orders.key, signed, orders.canaries, runner)


def _run_referee(sandbox: Sandbox, spec: SandboxSpec, timeout_s: float) -> ExecResult:
    path = f"{_REFEREE}/referee.py"
    if spec.brings_python:
        return sandbox.run(f"PYTHONPATH= exec python -s {path}", timeout_s)
    if isinstance(sandbox, RunsPython):
        return sandbox.run_python(path, timeout_s)
    return sandbox.run(f"PYTHONPATH= exec python -s -P {path}", timeout_s)


def _read_tests(sandbox: Sandbox, tests: Sequence[str]) -> dict[str, bytes | None]:
    return {path: _read_or_none(sandbox, path) for path in {test.partition("::")[0] for test in tests}}


def _read_or_none(sandbox: Sandbox, path: str) -> bytes | None:
    try:
        return sandbox.read(path)
    except SandboxError:
        return None


def _text_or_none(sandbox: Sandbox, path: str) -> str | None:
    content = _read_or_none(sandbox, path)
    return None if content is None else content.decode(errors="replace")


def judge_report(
    result: ExecResult, key: bytes, signed: bytes, canaries: Mapping[str, str], runner: str = "pytest"
) -> TestRun:
    """Decide whether a report is to be believed."""
    mac, body = signed[:32], signed[32:]
    if not hmac.compare_digest(mac, hmac.digest(key, body, hashlib.sha256)):
        return _untrusted(result, "the report's signature is wrong")
    report = json.loads(body)
    statuses: dict[str, str] = report["statuses"]
    if report["exit_code"] != result.exit_code:
        return _untrusted(result, f"the report says exit code {report['exit_code']}")
    if any(statuses.pop(name, None) != status for name, status in canaries.items()):
        return _untrusted(result, "a canary test did not do what it must")
    if not _agree(result.text, statuses, canaries, report.get("printed", {}), runner):
        return _untrusted(result, "the log and the report disagree")
    return TestRun(statuses, result.exit_code, result.duration_s, result.text, False, True)


def _agree(
    log: str,
    statuses: Mapping[str, str],
    canaries: Mapping[str, str],
    printed: Mapping[str, str],
    runner: str,
) -> bool:
    """Whether the log says what the report does.

    pytest's summary names every test. What tests of unittest print runs into its lines, so that of them no
    line may say otherwise, and every canary must be there.
    """
    if runner == "pytest":
        logged = {name: status for name, status in parse_test_log(log).items() if name not in canaries}
        return logged == {name: status for name, status in statuses.items() if status != "SKIPPED"}
    told = parse_unittest_output(log)
    if any(told.get(printed.get(name, "")) != status for name, status in canaries.items()):
        return False
    return all(told.get(printed.get(name, ""), status) == status for name, status in statuses.items())


def _untrusted(result: ExecResult, fault: str) -> TestRun:
    return TestRun({}, result.exit_code, result.duration_s, result.text, result.timed_out, False, fault)
