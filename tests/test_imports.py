"""What starting costs: nothing heavy is loaded before something needs it."""

import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import repodojo

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "transformers", "trl", "vllm", "docker", "ray", "datasets", "peft", "accelerate", "litellm")
CHILD_PROCESSES = {
    "repodojo.base_model.attention_start",
    "repodojo.base_model.pretrain",
    "repodojo.base_model.rows",
    "repodojo.base_model.tokenizer",
    "repodojo.environments.docker",
    "repodojo.environments.docker_container",
    "repodojo.environments.docker_images",
    "repodojo.environments.docker_leftovers",
    "repodojo.environments.docker_pool",
    "repodojo.policies.local_attention",
    "repodojo.policies.local_decoder",
    "repodojo.policies.local_sampling",
    "repodojo.policies.local_slots",
    "repodojo.policies.local_worker",
    "repodojo.training.labelled",
    "repodojo.training.packed_attention",
    "repodojo.training.sft",
    "repodojo.training.step_log",
}
"""Modules that run in a process of their own or, the Docker backend, are imported where they are used."""


def heavy_modules_of(program: str) -> list[str]:
    """Return which heavy packages are loaded after a program ran in a fresh interpreter."""
    after = f"import sys as _s; print('LOADED', sorted(set({HEAVY!r}) & set(_s.modules)), file=_s.stderr)"
    run = subprocess.run(
        [sys.executable, "-c", f"import atexit\natexit.register(lambda: exec({after!r}))\n{program}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in run.stderr.splitlines() if line.startswith("LOADED ")]
    assert lines, run.stderr
    assert run.returncode == 0, run.stderr
    found: list[str] = eval(lines[-1].removeprefix("LOADED "))
    return found


def test_the_measurement_sees_a_heavy_import() -> None:
    assert "docker" in heavy_modules_of("import docker")


def test_no_module_loads_anything_heavy() -> None:
    names = [module.name for module in pkgutil.walk_packages(repodojo.__path__, "repodojo.")]
    assert set(names) >= CHILD_PROCESSES, "a module moved: update the list"
    light = [name for name in names if name not in CHILD_PROCESSES and not name.endswith("__main__")]
    assert (
        heavy_modules_of(f"from importlib import import_module\nfor n in {light!r}: import_module(n)") == []
    )


@pytest.mark.parametrize("arguments", [["--help"], ["registry", "list"], ["run", "--help"]])
def test_kedro_loads_nothing_heavy(arguments: list[str]) -> None:
    program = (
        f"import sys\nsys.argv = ['kedro', *{arguments!r}]\nfrom kedro.framework.cli import main\nmain()"
    )
    assert heavy_modules_of(program) == []


def test_collecting_the_tests_loads_nothing_heavy() -> None:
    program = "import pytest, sys\nsys.exit(pytest.main(['--collect-only', '-q', '-p', 'no:cacheprovider']))"
    assert set(heavy_modules_of(program)) <= {"docker"}
