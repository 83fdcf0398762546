"""A small true warehouse written without the pipeline: what a load must look like when nothing went wrong.

It is what the checker is tried on. Its tables have the contracts' schemas; its rows come from the plan of a load, by
the few lines of Python that say what should become of an event.
"""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from iceberg_schema import arrow_schema
from prove.ack_log import AckLog
from prove.plan import Plan, Record
from pyiceberg.catalog.sql import SqlCatalog
from shoplake_contracts import tables
from shoplake_contracts.tables import Column, Table

BRONZE, QUARANTINE, DUPLICATES = "bronze.raw_events", "silver.quarantine", "ops.duplicates"
OUTCOMES, DAYS = "silver.quarantine_outcomes", "gold.daily_sales_summary"
WRITTEN = (BRONZE, QUARANTINE, DUPLICATES, OUTCOMES, DAYS)
RUN = "a-replay"
Row = dict[str, Any]


def typed(event_type: str) -> Table:
    """The table of an event type."""
    return next(table for table in tables.load().values() if event_type in table.event_types)


@dataclass
class Warehouse:
    """The rows of a load's tables, and the truth that belongs to them."""

    plan: Plan
    log: AckLog
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    kept: dict[str, Row] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan, *, replayed: bool) -> "Warehouse":
        """Everything that a load leaves behind, with or without a replay after it."""
        made = cls(plan, AckLog(plan))
        offsets: dict[tuple[str, int], int] = defaultdict(int)
        for number, record in enumerate(plan.records()):
            partition = number % 2
            offset = offsets[record.topic, partition]
            offsets[record.topic, partition] += 1
            made.log.sent(number, record)
            made.log.acknowledged(number, partition, offset)
            made.take(record, partition, offset, replayed=replayed)
        made.sum_up()
        return made

    def take(self, record: Record, partition: int, offset: int, *, replayed: bool) -> None:
        """One record, to wherever it belongs."""
        address = {"topic": record.topic, "epoch": 0, "partition": partition, "offset": offset}
        clocks = {"kafka_timestamp": self.plan.base + timedelta(milliseconds=1_500 + offset)}
        self.rows[BRONZE].append(address | clocks | _payload(record.payload))
        if record.reason is not None:
            refused: Row = {"value": record.payload, "reason": record.reason.value, "rule_version": 1, "errors": []}
            self.rows[QUARANTINE].append(address | clocks | refused)
            if not (replayed and record.repairable):
                return
            self.rows[OUTCOMES].append(address | {"run_id": RUN, "outcome": "replayed", "at": self.plan.base})
        event = json.loads(record.payload or b"null", parse_float=Decimal)
        table = typed(event["event_type"])
        first = self.kept.setdefault(event["event_id"], address)
        if first is address:
            self.rows[table.name].append(address | clocks | _columns(table, event, clocks["kafka_timestamp"]))
        else:
            copy = {"event_id": event["event_id"], "table": table.name, "seen_at": self.plan.base}
            self.rows[DUPLICATES].append(address | copy | {f"kept_{name}": value for name, value in first.items()})

    def sum_up(self) -> None:
        """What gold has to make of the purchases, as far as the checker looks at it."""
        days: dict[date, Row] = {}
        for row in self.rows["silver.purchases"]:
            day = days.setdefault(
                row["timestamp"].astimezone(UTC).date(), dict.fromkeys(("gross_revenue", "refunds"), 0)
            )
            if row["currency"] == "USD":
                day["refunds" if row["refund_id"] else "gross_revenue"] += row["total_amount"]
                day["refund_count"] = day.get("refund_count", 0) + (row["refund_id"] is not None)
        self.rows[DAYS] = [
            {"partition_date": day, "currency": "USD", "refund_count": 0} | row for day, row in days.items()
        ]

    def write(self, home: Path) -> None:
        """Write the tables under a home, each as two files."""
        (home / "files").mkdir(parents=True)
        catalog = open_catalog(home)
        for name, table in tables.load().items():
            if name not in WRITTEN and not table.event_types:
                continue
            catalog.create_namespace_if_not_exists(name.partition(".")[0])
            created = catalog.create_table(name, arrow_schema(table))
            rows = self.rows[name]
            half = len(rows) // 2
            parts = [part for part in (rows[:half], rows[half:]) if part]
            # PyIceberg's own way of writing turns a NULL list into an empty one.
            created.add_files([write_file(home, part, table) for part in parts])
        catalog.close()


def write_file(home: Path, rows: Iterable[Row], table: Table) -> str:
    """Write rows as one file that no table knows yet; returns its address."""
    path = home / "files" / f"{uuid.uuid4().hex}.parquet"
    pq.write_table(filled(rows, table), path)
    return f"file://{path}"


def open_catalog(home: Path) -> SqlCatalog:
    """The catalog of a home."""
    return SqlCatalog("iceberg", uri=f"sqlite:///{home}/catalog.db", warehouse=f"file://{home}/warehouse")


def filled(rows: Iterable[Row], table: Table) -> pa.Table:
    """Rows with every column of the contract: NULL, or something neutral where there must be a value."""
    blank = {column.name: _neutral(column) for column in table.columns}
    return pa.Table.from_pylist([blank | row for row in rows], schema=arrow_schema(table))


def _neutral(column: Column) -> Any:
    if column.nullable:
        return None
    neutral: Mapping[str, Any] = {"timestamp": datetime(2026, 1, 1, tzinfo=UTC), "boolean": False, "array<string>": []}
    return neutral.get(
        column.type, "" if column.type == "string" else 0 if column.type.startswith(("big", "dec")) else None
    )


def _payload(payload: bytes | None) -> Row:
    try:
        return {"raw_data": None if payload is None else payload.decode(), "value": None}
    except UnicodeDecodeError:
        return {"raw_data": None, "value": payload}


def _columns(table: Table, event: Row, took: datetime) -> Row:
    row = {column.name: _value(column.type, event.get(column.name)) for column in table.columns if column.source}
    row["event_version"] = row["event_version"] or 1
    row["lateness_seconds"] = max(0, int((took - row["timestamp"]).total_seconds()))
    row["metadata"] = None if event.get("metadata") is None else json.dumps(event["metadata"])
    derived = {
        "visitor_id": event.get("user_id") or event.get("anonymous_id"),
        "amount_sign": -1 if event["event_type"] == "refund" else 1,
        "is_bot": False,
    }
    return row | {name: value for name, value in derived.items() if name in table.column_names}


def _value(type_: str, value: Any) -> Any:
    if value is None:
        return None
    if type_ == "timestamp":
        return datetime.fromisoformat(value)
    if type_.startswith("decimal"):
        return Decimal(value)
    if type_.startswith("array<struct"):
        return [{name: Decimal(it) if name.endswith("price") else it for name, it in line.items()} for line in value]
    return value
