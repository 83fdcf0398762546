"""Finds an event in every table by its id or its address; reads address columns and verdicts, never a payload."""

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.expressions import BooleanExpression
from shoplake_contracts.errors import NotFound
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.reader import open_catalog
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stage_tables import GOLD, SILVER

from health.filters import above, absent_value, all_equal, all_of, any_of, at_most, equal
from health.passport.absence import absent
from health.passport.address import COLUMNS, Address, address_of
from health.passport.document import passport
from health.passport.trace import Trace
from health.pins import DATA_LOSS, ERASURES, OUTCOMES, Pin, Pins, take, take_all

MOST = 50
"""Most occurrences of one id that are followed: an id that a producer never changes can have millions."""

TYPED = tuple(name for name, role in SILVER.items() if role is Role.OUT)
QUARANTINE, DUPLICATES = "silver.quarantine", "ops.duplicates"
_BRONZE = ("kafka_timestamp", "headers", "event_id", "event_type", "timestamp", "processing_time")
_TYPED = (
    "event_id",
    "event_type",
    "timestamp",
    "kafka_timestamp",
    "ingested_at",
    "processing_time",
    "quality_flags",
    "lateness_seconds",
)
_QUARANTINE = (
    "kafka_timestamp",
    "event_type",
    "reason",
    "errors",
    "rule_version",
    "first_seen",
    "processing_time",
)
_DUPLICATES = ("event_id", "table", "kept_topic", "kept_epoch", "kept_partition", "kept_offset", "seen_at")
_OUTCOMES = ("run_id", "outcome", "reason", "at")


class Lookup:
    """Asks the lake as it is at each call; safe to use from several threads."""

    def __init__(self, lake: LakeSettings) -> None:
        self._lake = lake
        self._lock = Lock()
        self._opened: Catalog | None = None

    def by_id(self, event_id: str) -> dict[str, Any]:
        """Every occurrence of an event id.

        Raises:
            NotFound: No table has it.
            CatalogUnavailable: A table cannot be read.
        """
        pins = take_all(self._catalog())
        addresses = _addresses(pins, event_id)
        if not addresses:
            raise NotFound(
                f"no table has an event with the id {event_id[:64]!r}",
                remedy="An event whose id could not be read is found by its address; one that was just sent may not be "
                "in bronze yet: GET /health/lag.",
            )
        followed = addresses[:MOST]
        events = self._passports(pins, followed)
        return {"event_id": event_id, "more": len(addresses) > MOST, "events": events}

    def by_address(self, address: Address) -> dict[str, Any]:
        """The event at an address.

        Raises:
            NotFound: Nothing is known of it; the remedy says why.
            CatalogUnavailable: A table cannot be read.
        """
        pins = take_all(self._catalog())
        events = self._passports(pins, [address])
        if not events:
            raise absent(address, pins)
        return {"event_id": events[0]["event_id"], "more": False, "events": events}

    def _passports(self, pins: Pins, addresses: list[Address]) -> list[dict[str, Any]]:
        gold = {name: take(self._catalog(), name) for name in GOLD}
        traces = _traces(pins, addresses)
        known = (trace for trace in traces if trace.whereabouts())
        return [passport(trace, pins, gold, self._lake.business_timezone) for trace in known]

    def _catalog(self) -> Catalog:
        with self._lock:
            if self._opened is None:
                self._opened = open_catalog(self._lake)
            return self._opened


def _addresses(pins: Pins, event_id: str) -> list[Address]:
    """Where the id occurs, sorted; one more than are followed if there are more."""
    tables = [pins.bronze, *(pins.silver[name] for name in (*TYPED, DUPLICATES))]
    found: set[Address] = set()
    for pin in tables:
        for batch in pin.batches(COLUMNS, equal("event_id", event_id)):
            found |= {address_of(row) for row in batch.to_pylist()}
            if len(found) > MOST:
                break
    return sorted(found, key=lambda one: (one.topic, one.epoch, one.partition, one.offset))[: MOST + 1]


def _traces(pins: Pins, addresses: list[Address]) -> list[Trace]:
    traces = {address: Trace(address, address.below(pins.position)) for address in addresses}
    here = any_of(address.filter() for address in addresses)
    for row in _rows(pins.bronze, _BRONZE, here):
        traces[address_of(row)].bronze = row
    for name in TYPED:
        for row in _rows(pins.silver[name], _TYPED, here):
            traces[address_of(row)].silver.append(row | {"table": name})
    for row in _rows(pins.silver[QUARANTINE], _QUARANTINE, here):
        traces[address_of(row)].quarantine = row
    for row in _rows(pins.silver[DUPLICATES], _DUPLICATES, here):
        traces[address_of(row)].duplicate = row
    _add_ledgers(traces, pins.ledgers, here)
    return list(traces.values())


def _add_ledgers(traces: Mapping[Address, Trace], ledgers: Mapping[str, Pin], here: BooleanExpression) -> None:
    for row in sorted(_rows(ledgers[OUTCOMES], _OUTCOMES, here), key=lambda row: row["at"], reverse=True):
        traces[address_of(row)].outcomes.append(row)
    for row in _rows(ledgers[ERASURES], (), here):
        traces[address_of(row)].erased = True
    for address, trace in traces.items():
        trace.lost = bool(ledgers[DATA_LOSS].rows(("from_offset",), _gap(address)))


def _rows(pin: Pin, columns: Iterable[str], here: BooleanExpression) -> list[dict[str, Any]]:
    return pin.rows((*COLUMNS, *columns), here)


def _gap(address: Address) -> BooleanExpression:
    """The accepted gaps that an address is in; of a topic's former life nobody knows the end."""
    partition: dict[str, str | int] = {"topic": address.topic, "epoch": address.epoch, "partition": address.partition}
    ends_above = any_of([above("to_offset", address.offset), absent_value("to_offset")])
    return all_of([all_equal(partition), at_most("from_offset", address.offset), ends_above])
