"""Reads and writes files of trajectories."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from repodojo.errors import InputError
from repodojo.instances.sources.files import read_lines, read_parquet
from repodojo.instances.sources.row import Rejection, check_id
from repodojo.json_values import json_object, parse_json
from repodojo.rollouts.formats import Format, find_format
from repodojo.rollouts.formats.draft import Attempt, Draft, Imported, number_attempts, with_outcomes
from repodojo.scaffolds.openhands.trained_text import trained_messages
from repodojo.types import Outcome
from repodojo.unfinished import write_text


def read_trajectories(path: Path, format_name: str, report: Path | None = None) -> Imported:
    """Read a file, or all files of a folder; malformed records are listed, the others kept.

    Args:
        path: JSON lines, parquet or JSON; or a folder of such files.
        format_name: a key of `FORMATS`.
        report: SWE-bench's report of an evaluation, for records that hold no verdict.

    Raises:
        InputError: the path holds nothing to read, or the format or the report is none.
    """
    chosen = find_format(format_name)
    places: list[str] = []
    drafts: list[Draft | Attempt] = []
    rejected = []
    for where, item in _read_items(path, chosen):
        try:
            drafts.append(_parse(item, where, chosen))
            places.append(where)
        except InputError as error:
            rejected.append(Rejection(where, str(error), _name(item)))
    attempts, doubled = _distinct(zip(places, number_attempts(drafts), strict=True))
    attempts = with_outcomes(attempts, read_report(report) if report else {})
    verdicts = [attempt.verdict for attempt in attempts if attempt.verdict is not None]
    return Imported([attempt.trajectory for attempt in attempts], verdicts, rejected + doubled)


def _parse(item: Any, where: str, chosen: Format) -> Draft | Attempt:
    if isinstance(item, InputError):
        raise item
    found = chosen.parse(json_object(item, where), where)
    instance_id = found.instance_id if isinstance(found, Draft) else found.trajectory.instance_id
    check_id(instance_id, f"{where}: field 'instance_id'")
    return found


def _name(item: Any) -> str:
    name = item.get("instance_id") if isinstance(item, Mapping) else None
    return name if isinstance(name, str) else ""


def _distinct(attempts: Iterable[tuple[str, Attempt]]) -> tuple[list[Attempt], list[Rejection]]:
    """Keep the first of the attempts with one rollout_id, and list the others."""
    kept: dict[str, Attempt] = {}
    doubled = []
    for where, attempt in attempts:
        trajectory = attempt.trajectory
        if trajectory.rollout_id in kept:
            told = f"{where}: field 'rollout_id': expected each once, found {trajectory.rollout_id!r} again"
            doubled.append(Rejection(where, told, trajectory.instance_id))
        else:
            kept[trajectory.rollout_id] = attempt
    return list(kept.values()), doubled


def write_trajectories(attempts: Iterable[Attempt], path: Path, format_name: str) -> None:
    """Write one file of all, or where a format has a file for each run, a folder of them.

    Raises:
        InputError: a trajectory has no form in that format; nothing is written then.
    """
    chosen = find_format(format_name)
    listed = [each if format_name == "repodojo" else _spoken(each) for each in attempts]
    built = [chosen.build(attempt) for attempt in listed]
    if chosen.suffix:
        for attempt, record in zip(listed, built, strict=True):
            write_text(
                _run_file(path, attempt, chosen), json.dumps(record, ensure_ascii=False, indent=1) + "\n"
            )
    elif path.suffix == ".json":
        write_text(path, json.dumps(_by_instance(built, path), ensure_ascii=False, indent=1) + "\n")
    else:
        write_text(path, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in built))


def _spoken(attempt: Attempt) -> Attempt:
    """Return an attempt with native calls as text, the tools described in its system message."""
    trajectory = attempt.trajectory
    messages = trained_messages(trajectory)
    if any(message.tool_calls for message in messages):
        raise InputError(
            f"{trajectory.rollout_id}: field 'tools': expected the tools that it calls, found none"
        )
    return Attempt(replace(trajectory, messages=messages, tools=()), attempt.verdict)


def read_report(path: Path) -> dict[str, Outcome]:
    """Read the outcomes in a report of SWE-bench: of a whole run, old or new, or of single instances.

    Raises:
        InputError: it is none of these.
    """
    try:
        data = json_object(parse_json(path.read_bytes(), str(path)), str(path))
    except OSError as error:
        raise InputError(f"{path}: expected a report of SWE-bench, found: {error.strerror}") from error
    resolved = data.get("resolved_ids", data.get("resolved"))
    if isinstance(resolved, list):
        asked = {
            **dict.fromkeys(_names(data, "completed_ids", "unresolved_ids", "submitted_ids", "generated"))
        }
        unmeasured = set(_names(data, "error_ids", "incomplete_ids"))
        measured = [name for name in asked if name not in unmeasured]
        return {**dict.fromkeys(measured, "unresolved"), **dict.fromkeys(map(str, resolved), "resolved")}
    single = {str(name): value["resolved"] for name, value in data.items() if _is_graded(value)}
    if not single:
        raise InputError(
            f"{path}: field 'resolved_ids' (or 'resolved'): expected a list, found {resolved!r:.60}"
        )
    return {name: "resolved" if flag else "unresolved" for name, flag in single.items()}


def _is_graded(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("resolved"), bool)


def _names(data: Mapping[str, Any], *keys: str) -> list[str]:
    return [str(name) for key in keys if isinstance(data.get(key), list) for name in data[key]]


def _read_items(path: Path, chosen: Format) -> list[tuple[str, Any]]:
    if not path.exists():
        raise InputError(f"{path} does not exist; expected a file of trajectories or a folder of them")
    files = _find_files(path, chosen.patterns) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path}: expected files {' or '.join(chosen.patterns)}, found none")
    if chosen.only_last and path.is_dir():
        files = list({file.parent: file for file in files}.values())
    return [item for file in files for item in _read_file(file, chosen)]


def _find_files(folder: Path, patterns: Iterable[str]) -> list[Path]:
    found = (sorted(file for file in folder.rglob(each) if file.is_file()) for each in patterns)
    return next(filter(None, found), [])


def _read_file(path: Path, chosen: Format) -> list[tuple[str, Any]]:
    """Return the records of a file; one that is not readable is an `InputError` in their place."""
    try:
        if path.suffix == ".jsonl":
            return list(read_lines(path))
        if path.suffix == ".parquet":
            return list(read_parquet(path))
        data = parse_json(path.read_bytes(), str(path))
    except InputError as error:
        return [(str(path), error)]
    except OSError as error:
        return [
            (str(path), InputError(f"{path}: expected a readable file, found: {error.strerror or error}"))
        ]
    return [(str(path), _named(data, path, chosen))] if chosen.suffix else _rows(data, path)


def _rows(data: Any, path: Path) -> list[tuple[str, Any]]:
    """Return the rows of a list, or of an object that has them by instance, as ``preds.json`` does."""
    if isinstance(data, list):
        return [(f"{path}, row {number}", item) for number, item in enumerate(data, start=1)]
    if isinstance(data, Mapping) and "instance_id" not in data:
        return [(f"{path}, row {key!r}", _keyed(key, item)) for key, item in data.items()]
    return [(str(path), data)]


def _keyed(key: str, item: Any) -> Any:
    return {"instance_id": key, **item} if isinstance(item, Mapping) else item


def _named(data: Any, path: Path, chosen: Format) -> Any:
    """Add the instance's name from the file or its folder, where the record lacks it."""
    if not isinstance(data, Mapping) or not chosen.name_of:
        return data
    name = path.name.removesuffix(chosen.suffix) if chosen.name_of == "file" else path.parent.name
    return {"instance_id": name, **data}


def _run_file(folder: Path, attempt: Attempt, chosen: Format) -> Path:
    """Return the file of a run, below one folder for each attempt; their names sort as their numbers do."""
    trajectory = attempt.trajectory
    among = folder / f"{trajectory.attempt:04}"
    if chosen.name_of == "folder":
        return among / trajectory.instance_id / f"{trajectory.rollout_id}{chosen.suffix}"
    return among / f"{trajectory.instance_id}{chosen.suffix}"


def _by_instance(records: list[dict[str, Any]], path: Path) -> Any:
    """Return ``{instance: record}`` as ``preds.json`` has it, a list where an instance has several."""
    names = [record.get("instance_id") for record in records]
    if None in names or len(set(names)) < len(names):
        return records
    return dict(zip(names, records, strict=True))
