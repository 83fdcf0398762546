"""Shows an Arrow table to a person, or hands it to another program as JSON or CSV without losing a digit."""

import csv
import io
import json
import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shoplake_cli.stack.output import printable

MOST_ROWS = 200


def as_json(table: pa.Table) -> str:
    """A JSON array, one row per line; decimals as text, so that no reader rounds them; bytes in hex."""
    rows = [json.dumps(plain(row), ensure_ascii=False) for row in table.to_pylist()]
    return "[" + ",\n ".join(rows) + "]"


def as_csv(table: pa.Table) -> str:
    """CSV with a header; nested values as JSON, NULL as nothing."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows([_cell(value) for value in row.values()] for row in table.to_pylist())
    return text.getvalue().rstrip("\n")


def as_table(table: pa.Table, title: str | None = None) -> RenderableType:
    """For a terminal: numbers to the right, control characters spelled out, at most 200 rows."""
    drawn = Table(box=box.SIMPLE_HEAD)
    for column in table.schema:
        drawn.add_column(Text(column.name), justify="right" if _is_number(column.type) else "left", overflow="fold")
    for row in table.slice(0, MOST_ROWS).to_pylist():
        drawn.add_row(*(_shown(value) for value in row.values()))
    # Not the table's own title and caption: those wrap at the table's width.
    above = [Text(title, style="bold")] if title else []
    cut = table.num_rows > MOST_ROWS
    below = [Text(f"{MOST_ROWS} of {table.num_rows:,} rows; --json and --csv give all")] if cut else []
    return Group(*above, drawn, *below)


def plain(value: Any) -> Any:
    """The value in JSON's types."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | timedelta) or (isinstance(value, float) and not math.isfinite(value)):
        return str(value)
    return value


def _cell(value: Any) -> str:
    simple = plain(value)
    if simple is None:
        return ""
    return simple if isinstance(simple, str) else json.dumps(simple, ensure_ascii=False)


def _shown(value: Any) -> Text:
    return Text("NULL", style="dim") if value is None else Text(printable(_cell(value)))


def _is_number(kind: pa.DataType) -> bool:
    checks: Sequence[bool] = (pa.types.is_integer(kind), pa.types.is_floating(kind), pa.types.is_decimal(kind))
    return any(checks)
