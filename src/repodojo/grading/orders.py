"""What one run of tests is told: words for the runner, canaries, and where its report is to be."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from repodojo.environments.sandbox import SandboxSpec
from repodojo.grading import bare_programs
from repodojo.grading.runners import canary_file, canary_name, labels

_CANARIES = 4
_ARGUMENTS = (
    "-rap",
    "--tb=short",
    "--show-capture=no",
    "--color=no",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "--continue-on-collection-errors",
    "--assert=plain",
)
_OVERRIDES = (
    *("-o", "addopts="),
    *("-o", "console_output_style=classic"),
    *("-o", "required_plugins="),
    *("-o", "strict_config=false"),
)
"""What a project's own configuration may not decide; environments are built without disturbing plugins."""


class Disturbance(NamedTuple):
    """What a run has another way than usual, which shows the tests that vary."""

    order_seed: int | None = None
    """Shuffles the tests."""
    bare: bool = False
    """No programs are on the search path but those that every base has, and those of system packages."""


CALM = Disturbance()


@dataclass(frozen=True)
class Orders:
    """What one run is told, and what is expected back."""

    key: bytes
    report: str
    canary_file: str
    canaries: Mapping[str, str]


def draw_orders(runner: str) -> Orders:
    """Draw what nobody can foresee."""
    nonce = secrets.token_hex(8)
    outcomes = ["PASSED", "FAILED", *secrets.SystemRandom().choices(["PASSED", "FAILED"], k=_CANARIES - 2)]
    secrets.SystemRandom().shuffle(outcomes)
    file = canary_file(runner, nonce)
    canaries = {canary_name(runner, file, f"test_{secrets.token_hex(6)}"): outcome for outcome in outcomes}
    return Orders(secrets.token_bytes(32), f"/tmp/{secrets.token_hex(16)}", file, canaries)  # noqa: S108


def orders_record(
    orders: Orders, spec: SandboxSpec, options: Sequence[str], tests: Sequence[str], disturbance: Disturbance
) -> dict[str, Any]:
    """Return what the referee is told."""
    runner = spec.test_runner
    arguments = [*options, *labels(runner, [*tests, orders.canary_file])]
    if runner == "pytest":
        arguments = [*_ARGUMENTS, f"--rootdir={spec.workdir}", *_OVERRIDES, *arguments]
    folders = [folder for folder in spec.environment.get("PYTHONPATH", "").split(":") if folder]
    inside = [folder for folder in folders if (folder + "/").startswith(spec.workdir + "/")]
    return {
        "key": orders.key.hex(),
        "report": orders.report,
        "packages": [folder for folder in folders if folder not in inside],
        "project": [folder for folder in inside if folder != spec.workdir] + [spec.workdir],
        "search": spec.environment.get("PYTHONPATH", ""),
        "order_seed": disturbance.order_seed,
        "programs": bare_programs.FOLDER if disturbance.bare else "",
        "runner": spec.test_runner,
        "workdir": spec.workdir,
        "arguments": arguments,
    }
