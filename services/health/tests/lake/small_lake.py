"""A small lake from the contracts, written with PyIceberg alone: a test says which event is where."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from health.audit.recount import Recount
from health.audit.request import AuditRequest
from pyiceberg.catalog.sql import SqlCatalog
from shoplake_contracts import tables
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stage_tables import BRONZE, GOLD, SILVER
from shoplake_lake_kit.stamp import Stamp, Totals
from shoplake_lake_kit.topic_life import life_name
from shoplake_lake_kit.vector import Counts, Position
from shoplake_service_kit.runs import Run

T0 = datetime(2024, 5, 1, 10, tzinfo=UTC)
ROLES = {**BRONZE, **SILVER, **GOLD}
Row = dict[str, Any]
_ARROW = {
    "string": pa.string(), "int": pa.int32(), "bigint": pa.int64(), "binary": pa.binary(), "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us", "UTC"), "date": pa.date32(), "double": pa.float64(),
}  # fmt: skip
_EMPTY = {"string": "", "int": 0, "bigint": 0, "boolean": False, "timestamp": T0, "array": [], "decimal": 0}


def arrow_type(ddl: str) -> pa.DataType:
    """A contract's type for Arrow."""
    if match := re.fullmatch(r"array<(.*)>", ddl):
        return pa.list_(arrow_type(match[1]))
    if match := re.fullmatch(r"struct<(.*)>", ddl):
        fields = (part.split(":", 1) for part in re.split(r",(?=\w+:)", match[1]))
        return pa.struct([(name, arrow_type(inner)) for name, inner in fields])
    if match := re.fullmatch(r"decimal\((\d+),(\d+)\)", ddl):
        return pa.decimal128(int(match[1]), int(match[2]))
    return _ARROW[ddl]


def filled(table: str, row: Row) -> Row:
    """The row with something harmless in every column that must not be NULL."""
    kinds = {c.name: re.split(r"[<(]", c.type)[0] for c in tables.load()[table].columns if not c.nullable}
    return {name: _EMPTY[kind] for name, kind in kinds.items()} | row


@dataclass
class Lake:
    """Writes rows and stamps; the totals of a stamp follow from the rows unless a test says otherwise."""

    settings: LakeSettings
    catalog: SqlCatalog
    counts: dict[str, Counter[tuple[str, int]]] = field(default_factory=dict)

    def write(self, table: str, *rows: Row, properties: dict[str, str] | None = None) -> int:
        """Append rows in one commit; returns its snapshot id."""
        contract = tables.load()[table]
        fields = [pa.field(c.name, arrow_type(c.type), c.nullable) for c in contract.columns]
        found = self.catalog.create_table_if_not_exists(table, pa.schema(fields))
        found.append(pa.Table.from_pylist([filled(table, row) for row in rows], pa.schema(fields)), properties or {})
        snapshot = found.current_snapshot()
        assert snapshot
        return snapshot.snapshot_id

    def publish(self, table: str, position: dict[str, list[int]], *rows: Row, **changes: Any) -> int:
        """Append rows with the stamp that a stage would write; `changes` replace totals or other fields of it."""
        counted = self.counts.setdefault(table, Counter())
        counted.update((life_name(row["topic"], row.get("epoch", 0)), row["partition"]) for row in rows)
        added = Counts.from_items((*key, number) for key, number in counted.items())
        totals = Totals(**{name: changes.pop(name) for name in ("replayed", "offset_gaps", "lost") if name in changes})
        totals = totals.plus(Totals(**ROLES[table].rows(changes.pop("counted", added))))
        plain: dict[str, Any] = {
            "stage": "any",
            "group": "main",
            "writer": "w",
            "position": Position(position),
            "origin": Position({life: [0] * len(row) for life, row in position.items()}),
            "epochs": {},
            "topic_ids": {},
            "cluster": "c",
            "attempt": f"{table}-{sum(counted.values())}",
            "totals": totals,
        }
        stamp = Stamp(**plain | changes)
        return self.write(table, *rows, properties=stamp.to_properties())

    def silver(self, position: dict[str, list[int]], **rows: Sequence[Row]) -> None:
        """All seven tables at one position; keywords are table names without their namespace."""
        for table in SILVER:
            self.publish(table, position, *rows.get(table.partition(".")[2], ()))

    def audit(self, **request: Any) -> dict[str, Any]:
        """The result of an audit."""
        recount = Recount(self.settings, 128, lambda: T0 + timedelta(hours=2))
        return recount(Run(AuditRequest(**request)))


def raw(offset: int, *, topic: str = "purchases", partition: int = 0, epoch: int = 0, hours: float = 0) -> Row:
    """An event in bronze, some hours after T0."""
    at = T0 + timedelta(hours=hours, seconds=offset)
    address = {"topic": topic, "epoch": epoch, "partition": partition, "offset": offset}
    named = {"event_id": f"id-{topic}-{partition}-{offset}", "event_type": "purchase", "timestamp": at}
    return address | named | {"kafka_timestamp": at, "processing_time": at + timedelta(seconds=2)}


def typed(offset: int, **changes: Any) -> Row:
    """The same event in silver.purchases."""
    made = {name: changes.pop(name) for name in ("topic", "partition", "epoch", "hours") if name in changes}
    event = raw(offset, **made)
    taken = event["processing_time"]
    return event | {"ingested_at": taken, "processing_time": taken + timedelta(seconds=3)} | changes


def quarantined(offset: int, **changes: Any) -> Row:
    """The same event in silver.quarantine."""
    event = typed(offset, **changes)
    names = ("topic", "epoch", "partition", "offset", "kafka_timestamp", "ingested_at", "processing_time")
    return {name: event[name] for name in names} | {"reason": "not_json", "rule_version": 1, "first_seen": T0}


def copied(offset: int, kept: int, **changes: Any) -> Row:
    """The event in ops.duplicates, as a copy of the one at `kept`."""
    event = {"topic": "purchases", "epoch": 0, "partition": 0, "offset": offset} | changes
    kept_address = {"kept_topic": "purchases", "kept_epoch": 0, "kept_partition": 0, "kept_offset": kept}
    return event | kept_address | {"event_id": f"id-purchases-0-{kept}", "table": "silver.purchases", "seen_at": T0}


def outcome(offset: int, what: str = "replayed", minutes: int = 0) -> Row:
    """What a replay made of a quarantined event."""
    address = {"topic": "purchases", "epoch": 0, "partition": 0, "offset": offset}
    return address | {"run_id": f"r{minutes}", "outcome": what, "at": T0 + timedelta(minutes=minutes)}
