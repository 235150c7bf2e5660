"""SWE-bench 5's task repository: ``sweb.yaml`` and a folder for each instance under ``tasks/``.

What the format demands and a row lacks is filled in on export and named in ``task.yaml`` under
``repodojo_filled``, so that reading gives the row back as it was.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from repodojo.errors import InputError
from repodojo.instances.sources.eval_script import dockerfile, eval_script
from repodojo.instances.sources.folders import File, Files, pack, read_folder, text_of, unpack, write_folder
from repodojo.instances.sources.row import COLUMNS, Found, SourceRow, parse_rows, to_columns

_FILES = {
    "patch": "gold.patch",
    "test_patch": "test.patch",
    "eval_script": "eval.sh",
    "problem_statement": "problem_statement.md",
    "hints_text": "hints.md",
    "dockerfile": "Dockerfile",
}
_OPTIONAL = ("hints_text", "dockerfile")
_TASK, _TESTS, _CONFIG, _FOLDER = "task.yaml", "tests.json", "sweb.yaml", "tasks"
_FILLED = "repodojo_filled"
_ASSETS = "repodojo_assets"
_KEPT = "repodojo_kept"
_LISTS = ("FAIL_TO_PASS", "PASS_TO_PASS")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Base):  # type: ignore[misc]
    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def read_task_repository(root: Path) -> Found:
    """Read every task; a malformed one is listed, the rest is kept.

    Raises:
        InputError: there is no ``tasks`` folder.
    """
    folder = root / _FOLDER
    if not folder.is_dir():
        raise InputError(f"{folder} does not exist; expected SWE-bench 5's folder of tasks")
    return parse_rows([(str(task), _try_read(task)) for task in sorted(folder.iterdir()) if task.is_dir()])


def write_task_repository(rows: Iterable[SourceRow], root: Path, dataset: str) -> None:
    """Write the rows as tasks that belong to ``dataset``; other tasks there are left alone."""
    write_folder(root, repository_files(rows, dataset))


def repository_files(rows: Iterable[SourceRow], dataset: str) -> dict[str, File]:
    """Return the files of a task repository whose tasks belong to ``dataset``."""
    found: dict[str, File] = {}
    splits = set()
    for row in rows:
        files = task_files(row, dataset)
        found |= {f"{_FOLDER}/{row.instance_id}/{name}": file for name, file in files.items()}
        splits.add(str(_load(files[_TASK].content.decode(), row.instance_id)["split"]))
    config = {"datasets": [dataset], "splits": sorted(splits)}
    return {**found, _CONFIG: File(yaml.safe_dump(config).encode())}


def task_files(row: SourceRow, dataset: str) -> dict[str, File]:
    """Return the files of one task."""
    columns = to_columns(row)
    packed = columns.pop(_ASSETS, {})
    kept = {
        name: columns.pop(name)
        for name in ("eval_script", "dockerfile")
        if name in columns and not (isinstance(columns[name], str) and columns[name])
    }
    filled = _fill(row, columns, dataset)
    tests = {name: columns.pop(name) for name in _LISTS}
    files = {
        name: File(str(columns.pop(column)).encode(), name.endswith(".sh")) for column, name in _FILES.items()
    }
    if "hints_text" in filled:
        del files[_FILES["hints_text"]]
    task = {name: value for name, value in columns.items() if value is not None or name in row.extra}
    task = {**task, **({_FILLED: sorted(filled)} if filled else {}), **({_KEPT: kept} if kept else {})}
    files[_TASK] = File(yaml.dump(task, Dumper=_Dumper, allow_unicode=True).encode())
    files[_TESTS] = File((json.dumps(tests, indent=2, ensure_ascii=False) + "\n").encode())
    return {**files, **unpack(packed)}


def parse_task(files: Files, where: str) -> dict[str, Any]:
    """Return the columns of one task.

    Raises:
        InputError: a file is missing or malformed.
    """
    task = _load(text_of(files, _TASK, where), f"{where}: {_TASK}")
    tests = _load_json(text_of(files, _TESTS, where), f"{where}: {_TESTS}")
    texts = {
        column: text_of(files, name, where)
        for column, name in _FILES.items()
        if name in files or column not in _OPTIONAL
    }
    columns: dict[str, Any] = {**task, **tests, **texts}
    filled, kept = columns.pop(_FILLED, []), columns.pop(_KEPT, {})
    if not isinstance(filled, list):
        raise InputError(f"{where}: {_TASK}: field '{_FILLED}': expected a list, found {filled!r:.60}")
    for name in filled:
        columns.pop(str(name), None)
    columns.update(_mapping(kept, f"{where}: {_TASK}: field '{_KEPT}'"))
    assets = {name: file for name, file in files.items() if name not in (_TASK, _TESTS, *_FILES.values())}
    return {**columns, **({_ASSETS: pack(assets)} if assets else {})}


def _fill(row: SourceRow, columns: dict[str, Any], dataset: str) -> set[str]:
    """Put what the format demands into ``columns``; return the names of what was put."""
    image = f"sweb.eval.x86_64.{row.instance_id}:latest".lower()
    demanded = {
        "eval_script": eval_script(row),
        "dockerfile": dockerfile(row),
        "hints_text": "",
        "split": "train",
        "datasets": [dataset],
        "image": f"swebench/{image}".replace("__", "_1776_"),
        "log_parser": "parse_log_pytest",
        "eval_type": "pass_and_fail",
        **{name: [] for name in _LISTS if columns[name] is None},
    }
    filled = {name for name in demanded if name not in columns or (name in COLUMNS and not columns[name])}
    columns.update({name: demanded[name] for name in filled})
    return filled


def _try_read(task: Path) -> object:
    try:
        return parse_task(read_folder(task), str(task))
    except InputError as error:
        return error


def _load(text: str, where: str) -> dict[str, Any]:
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_LOADER)):
            raise InputError(f"{where}: expected YAML without aliases ('*name'), found one")
        value = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, in C where there is one
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{where}: expected YAML, found {str(error)[:200]}") from error
    return _mapping(value, where)


def _load_json(text: str, where: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: expected JSON, found {error}") from error
    return _mapping(value, where)


def _mapping(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError(f"{where}: expected an object, found {type(value).__name__}")
    return {str(key): part for key, part in value.items()}
