"""An answer as JSON, CSV or Arrow; what JSON says beside the rows, the others say in headers."""

import io
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.csv
from fastapi import Response
from fastapi.responses import JSONResponse

from gold_batch.serving.models import Format
from gold_batch.serving.view import Answer

ARROW = "application/vnd.apache.arrow.stream"


def rendered(answer: Answer, format_: Format) -> Response:
    """The HTTP response that carries an answer."""
    if format_ is Format.CSV:
        return Response(_csv(answer.rows), media_type="text/csv; charset=utf-8", headers=_headers(answer))
    if format_ is Format.ARROW:
        return Response(_arrow(answer), media_type=ARROW, headers=_headers(answer))
    body = {
        "table": answer.table,
        "snapshot_id": answer.snapshot_id,
        "position": answer.position,
        "rows": [{name: _plain(value) for name, value in row.items()} for row in answer.rows.to_pylist()],
        "next": answer.next,
    }
    return JSONResponse(body)


def _headers(answer: Answer) -> dict[str, str]:
    said = {"X-Shoplake-Snapshot": str(answer.snapshot_id), "X-Shoplake-Position": json.dumps(answer.position)}
    return said | ({"X-Shoplake-Next": answer.next} if answer.next else {})


def _csv(rows: pa.Table) -> bytes:
    # CSV has no lists: they are written as JSON.
    flat = pa.table({name: _without_lists(rows[name]) for name in rows.column_names})
    sink = io.BytesIO()
    pa.csv.write_csv(flat, sink)
    return sink.getvalue()


def _without_lists(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_nested(column.type):
        return column
    texts = [None if value is None else json.dumps(value) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(texts, pa.string())])


def _arrow(answer: Answer) -> bytes:
    said: Mapping[str, str] = {"snapshot_id": str(answer.snapshot_id), "position": json.dumps(answer.position)}
    rows = answer.rows.replace_schema_metadata({f"shoplake.{name}": text for name, text in said.items()})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    return sink.getvalue()


def _plain(value: Any) -> Any:
    """As JSON has it: decimals, dates and times as text."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
