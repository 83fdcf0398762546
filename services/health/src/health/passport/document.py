"""Writes a trace down as a passport: JSON types only, nothing of the payload."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shoplake_lake_kit.stamp import Stamp

from health.passport.address import Address
from health.passport.trace import Row, Trace
from health.pins import Pin, Pins

_OF_VISITORS = (
    "gold.customer_days",
    "gold.daily_sales_summary",
    "gold.daily_customer_analytics",
    "gold.daily_traffic_sources",
    "gold.daily_funnel",
    "gold.cart_abandonment",
)
_OF_PRODUCTS = ("gold.product_analytics",)
_OF_ORDERS = ("gold.customer_cohorts", "gold.product_affinity")
GOLD_OF: Mapping[str, tuple[str, ...]] = {
    "silver.page_views": (*_OF_VISITORS, *_OF_PRODUCTS),
    "silver.cart_events": (*_OF_VISITORS, *_OF_PRODUCTS),
    "silver.purchases": (*_OF_VISITORS, *_OF_PRODUCTS, *_OF_ORDERS),
    "silver.user_sessions": _OF_VISITORS,
    "silver.product_updates": _OF_PRODUCTS,
}
"""Which gold tables have a row of a silver table on the day it happened; held against gold-batch by a test."""


def passport(trace: Trace, pins: Pins, gold: Mapping[str, Pin], business_timezone: str) -> dict[str, Any]:
    """The passport of one occurrence of an event."""
    rows = [row for row in (*trace.silver, trace.bronze, trace.duplicate, trace.quarantine) if row]
    return {
        "address": trace.address.model_dump(),
        "event_id": _first(rows, "event_id"),
        "event_type": _first(rows, "event_type"),
        "timestamp": _plain(_first(rows, "timestamp")),
        "where": trace.whereabouts(),
        "produced_at": _plain(trace.produced_at()),
        "kafka_timestamp": _plain(trace.broker_time()),
        "bronze": _bronze(trace, pins.bronze),
        "silver": [_silver(row) for row in trace.silver],
        "quarantine": _quarantine(trace),
        "duplicate_of": _kept(trace.duplicate),
        "gold": [_gold(row, trace.address, gold, pins, business_timezone) for row in trace.silver],
        "latency_seconds": _latencies(trace),
    }


def publishing_snapshot(history: Iterable[tuple[int, Stamp]], address: Address) -> int | None:
    """The snapshot that brought an offset: the oldest whose stamp has passed it.

    None when that snapshot has expired: then the oldest stamp that is left has a predecessor that is not.
    """
    of_group = [(number, stamp) for number, stamp in history if stamp.position.knows(address.life, address.partition)]
    passed = [(number, stamp) for number, stamp in of_group if address.below(stamp.position)]
    if not passed:
        return None
    number, stamp = passed[-1]
    is_first = stamp.totals.read.minus(stamp.read).at(address.life, address.partition) == 0
    return number if is_first or len(passed) < len(of_group) else None


def _bronze(trace: Trace, bronze: Pin) -> dict[str, Any] | None:
    if trace.bronze is None:
        return None
    snapshot = publishing_snapshot(bronze.history, trace.address)
    told = None if snapshot is None else str(snapshot)
    return {"snapshot_id": told, "processing_time": _plain(trace.bronze["processing_time"])}


def _silver(row: Row) -> dict[str, Any]:
    names = ("table", "ingested_at", "processing_time", "quality_flags", "lateness_seconds")
    return {name: _plain(row[name]) for name in names} | {"day": row["timestamp"].astimezone(UTC).date().isoformat()}


def _quarantine(trace: Trace) -> dict[str, Any] | None:
    if trace.quarantine is None:
        return None
    names = ("reason", "errors", "rule_version", "first_seen", "processing_time")
    outcomes = [
        {name: _plain(outcome[name]) for name in ("run_id", "outcome", "reason", "at")} for outcome in trace.outcomes
    ]
    return {name: _plain(trace.quarantine[name]) for name in names} | {"outcomes": outcomes}


def _kept(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    kept = {name: row[f"kept_{name}"] for name in ("topic", "epoch", "partition", "offset")}
    return {"table": row["table"], "address": kept, "seen_at": _plain(row["seen_at"])}


def _gold(row: Row, address: Address, gold: Mapping[str, Pin], pins: Pins, business_timezone: str) -> dict[str, Any]:
    """The business day that the row counts on, and whether each gold table has come that far."""
    day = row["timestamp"].astimezone(ZoneInfo(business_timezone)).date().isoformat()
    tables = {name: _has_seen(gold[name], address, row["table"], pins) for name in GOLD_OF[row["table"]]}
    return {"day": day, "tables": [{"table": name, "complete": complete} for name, complete in tables.items()]}


def _has_seen(gold: Pin, address: Address, table: str, pins: Pins) -> bool:
    """Whether a gold table has passed the address, and has seen the newest replay or backfill of its silver table."""
    revisions = {stamp.group: stamp.revision for stamp in pins.silver[table].newest}
    return any(
        address.below(stamp.position) and stamp.upstream.get(table) == revisions.get(stamp.group)
        for stamp in gold.newest
    )


def _latencies(trace: Trace) -> dict[str, float | None]:
    broker = trace.broker_time()
    return {
        "produced_to_broker": _seconds(trace.produced_at(), broker),
        "broker_to_bronze": _seconds(broker, trace.bronze["processing_time"] if trace.bronze else None),
        "broker_to_silver": _seconds(broker, trace.silver_time()),
    }


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return round((end - start).total_seconds(), 3) if start and end else None


def _first(rows: Iterable[Row], name: str) -> Any:
    return next((row[name] for row in rows if row.get(name) is not None), None)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
