"""Instances as tables of rows and as tasks of other systems, each with an image and a script of its own."""

import hashlib
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from repodojo.environments.sandbox import SandboxSpec
from repodojo.errors import InputError
from repodojo.grading.own_options import collection_options
from repodojo.grading.patches import touched_paths
from repodojo.instances.sources.eval_script import eval_script
from repodojo.instances.sources.files import SUFFIXES, rows_as_bytes
from repodojo.instances.sources.folders import File
from repodojo.instances.sources.harbor_tasks import task_files
from repodojo.instances.sources.row import SourceRow
from repodojo.instances.sources.swebench_tasks import repository_files
from repodojo.json_values import json_object
from repodojo.publishing.archive import stack
from repodojo.publishing.rows import INSTANCE_COLUMNS
from repodojo.publishing.task_images import dockerfile, image_context
from repodojo.types import Instance, to_json

Content = bytes | File | Callable[[], bytes]
_PYTEST = (
    *("python", "-m", "pytest", "-rA", "--color=no", "-p", "no:cacheprovider"),
    *("-o", "addopts=", "-o", "required_plugins="),
)


def exported_files(
    instances: Iterable[Instance], spec_of: Callable[[Instance], SandboxSpec], name: str
) -> tuple[dict[str, Content], list[dict[str, str]]]:
    """Return the files of an export by path, and the instances that cannot be exported with the reason.

    ``rows`` holds a table in each format, ``harbor`` a task folder for each instance, ``swebench`` the task
    repository of SWE-bench 5.

    Args:
        instances: what is exported.
        spec_of: what to start for an instance.
        name: of the data set.
    """
    found = [(instance, spec_of(instance)) for instance in instances]
    unfit = {instance.instance_id: _unfit(instance, spec) for instance, spec in found}
    rejected = [{"instance_id": name, "reason": reason} for name, reason in unfit.items() if reason]
    tasks = [
        (export_row(instance, spec), image_context(spec))
        for instance, spec in found
        if not unfit[instance.instance_id]
    ]
    rows = [row for row, _ in tasks]
    files: dict[str, Content] = {
        f"rows/instances{suffix}": rows_as_bytes(rows, suffix) for suffix in SUFFIXES
    }
    files |= {f"swebench/{path}": file for path, file in repository_files(rows, name).items()}
    for row, context in tasks:
        files |= {f"harbor/{row.instance_id}/{path}": file for path, file in task_files(row).items()}
        for folder in (f"harbor/{row.instance_id}/environment", f"swebench/tasks/{row.instance_id}"):
            files |= {f"{folder}/{path}": content for path, content in context.items()}
    return files, rejected


def _unfit(instance: Instance, spec: SandboxSpec) -> str:
    """Return what an instance needs that the graders of these formats do not do; empty where nothing."""
    if spec.test_runner != "pytest":
        return f"runner: {spec.test_runner} runs its tests, and these graders read pytest's output alone"
    if odd := [name for name, value in spec.environment.items() if not value.isprintable()]:
        return f"variable: the value of {odd[0]} has more than one line"
    try:
        json_object(to_json(instance), instance.instance_id)
    except InputError as error:
        return f"text: {error}"
    catalogs = [path for path in touched_paths(instance.patch) if path.endswith(".po")]
    return f"catalog: these graders do not compile {catalogs[0]}, which its repair edits" if catalogs else ""


def export_row(instance: Instance, spec: SandboxSpec) -> SourceRow:
    """Return an instance as a row that brings its Dockerfile and its script."""
    row = SourceRow(**{name: getattr(instance, name) for name in INSTANCE_COLUMNS})
    own = collection_options(partial(_read, stack(spec.layers)))
    command = shlex.join([*_PYTEST, *own, *spec.test_options, *map(_as_path, instance.test_files)])
    extra: dict[str, Any] = {
        "split": instance.split,
        "metadata": dict(instance.metadata),
        "image": _image(instance.instance_id),
        "dockerfile": dockerfile(spec),
        "eval_script": eval_script(row, command),
    }
    return replace(row, extra=extra)


def _as_path(name: str) -> str:
    """Return a file's name as no program takes for an option."""
    return f"./{name}" if name.startswith("-") else name


def _image(instance_id: str) -> str:
    """Return an image's name: lower case, single marks between words, and another one for every id."""
    words = re.sub(r"[^a-z0-9]+", "-", instance_id.lower()).strip("-")
    return f"repodojo.{words}-{hashlib.sha256(instance_id.encode()).hexdigest()[:8]}:latest"


def _read(files: Mapping[str, Path], path: str) -> str | None:
    found = files.get(path)
    return found.read_text(errors="replace") if found is not None and found.is_file() else None
