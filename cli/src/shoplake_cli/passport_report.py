"""Draws passports: a small table per occurrence of the event, one line per place it has been to."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from shoplake_lake_kit.topic_life import life_name

from shoplake_cli.stack.output import printable

Line = tuple[str, Any]


def report(found: Mapping[str, Any]) -> RenderableType:
    """Every occurrence, in the order of addresses."""
    more = [Text("There are more occurrences; these are the first.")] if found["more"] else []
    return Group(*(_drawn(event) for event in found["events"]), *more)


def _drawn(event: Mapping[str, Any]) -> Table:
    drawn = Table(box=box.SIMPLE, show_header=False, title=_address(event["address"]), title_justify="left")
    drawn.add_column(style="bold", no_wrap=True)
    drawn.add_column(overflow="fold")
    for name, value in _lines(event):
        if value not in (None, ""):
            drawn.add_row(name, Text(printable(str(value))))
    return drawn


def _lines(event: Mapping[str, Any]) -> Iterator[Line]:
    yield from (("event_id", event["event_id"]), ("event_type", event["event_type"]), ("where", event["where"]))
    yield from (("event time", event["timestamp"]), ("produced", event["produced_at"]))
    yield from (("broker", event["kafka_timestamp"]), *_bronze(event["bronze"]))
    for row in event["silver"]:
        flags = f", flags: {', '.join(row['quality_flags'])}" if row["quality_flags"] else ""
        yield row["table"], f"{row['processing_time']}, day {row['day']}, {row['lateness_seconds']} s late{flags}"
    yield from _quarantine(event["quarantine"])
    if event["duplicate_of"]:
        kept = event["duplicate_of"]
        yield "duplicate of", f"{_address(kept['address'])} in {kept['table']}"
    for gold in event["gold"]:
        for table in gold["tables"]:
            yield table["table"], f"day {gold['day']}, {'complete' if table['complete'] else 'not yet'}"
    for leg, seconds in event["latency_seconds"].items():
        yield leg.replace("_", " "), None if seconds is None else f"{seconds:g} s"


def _bronze(row: Mapping[str, Any] | None) -> Iterator[Line]:
    if row:
        snapshot = f", snapshot {row['snapshot_id']}" if row["snapshot_id"] else ""
        yield "bronze.raw_events", f"{row['processing_time']}{snapshot}"


def _quarantine(row: Mapping[str, Any] | None) -> Iterator[Line]:
    if row:
        yield "silver.quarantine", f"{row['reason']}, first seen {row['first_seen']}"
        for error in row["errors"]:
            yield "", f"{error['rule']} at {error['path']}: {error['message']}"
        for outcome in row["outcomes"]:
            reason = f" ({outcome['reason']})" if outcome["reason"] else ""
            yield f"replay {outcome['run_id']}", f"{outcome['outcome']}{reason} at {outcome['at']}"


def _address(address: Mapping[str, Any]) -> str:
    return f"{life_name(address['topic'], address['epoch'])}/{address['partition']} offset {address['offset']}"
