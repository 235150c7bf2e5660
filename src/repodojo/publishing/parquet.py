"""Rows as Parquet files with a stated schema, so that an empty column has the type of a full one."""

import io
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from repodojo.publishing.rows import INSTANCE_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 200


def instance_schema() -> "pa.Schema":
    """Return the schema of SWE-Gym/SWE-Gym."""
    import pyarrow as pa  # noqa: PLC0415

    lists = {"PASS_TO_PASS", "FAIL_TO_PASS"}
    return pa.schema(
        [(name, pa.list_(pa.string()) if name in lists else pa.string()) for name in INSTANCE_COLUMNS]
    )


def conversation_schema(**more: "pa.DataType") -> "pa.Schema":
    """Return the schema of OpenHands-SFT-Trajectories, with more columns behind."""
    import pyarrow as pa  # noqa: PLC0415

    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    return pa.schema([("messages", pa.list_(message)), *more.items()])


def verifier_schema() -> "pa.Schema":
    """Return the schema of OpenHands-Verifier-Trajectories."""
    import pyarrow as pa  # noqa: PLC0415

    return conversation_schema(resolved=pa.bool_())


def trajectory_schema() -> "pa.Schema":
    """Return the schema of OpenHands-Sampled-Trajectories."""
    import pyarrow as pa  # noqa: PLC0415

    text, flag = pa.string(), pa.bool_()
    function = pa.struct([("name", text), ("arguments", text)])
    call = pa.struct([("id", text), ("type", text), ("function", function)])
    message = pa.struct(
        [
            *(("content", text), ("role", text), ("function_call", function), ("name", text)),
            *(("tool_call_id", text), ("tool_calls", pa.list_(call))),
        ]
    )
    described = pa.struct([("name", text), ("description", text), ("parameters", text)])
    tool = pa.struct([("type", text), ("function", described)])
    flags = ("empty_generation", "resolved", "failed_apply_patch", "error_eval", "test_timeout")
    report = pa.struct([(name, flag) for name in flags])
    return pa.schema(
        [
            *(("instance_id", text), ("run_id", text), ("resolved", flag)),
            *(("messages", pa.list_(message)), ("tools", pa.list_(tool))),
            ("test_result", pa.struct([("git_patch", text), ("report", report)])),
        ]
    )


def parquet_bytes(rows: Iterable[Mapping[str, Any]], schema: "pa.Schema") -> bytes:
    """Return rows as one Parquet file; text without a UTF-8 form has its stray surrogates replaced."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    file = io.BytesIO()
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        group: list[Any] = []
        for row in rows:
            group.append(_encodable(row))
            if len(group) == ROWS_AT_ONCE:
                writer.write_table(pa.Table.from_pylist(group, schema=schema))
                group = []
        if group:
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
    return file.getvalue()


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", errors="replace").decode()
    if isinstance(value, Mapping):
        return {name: _encodable(item) for name, item in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, list | tuple) else value
