"""The equation, from nothing but stamps: what was produced is in exactly one place, or the number of those missing.

Per topic-partition::

    produced = silver + quarantined + duplicates + in_flight + lost + erased + unaccounted

`quarantined` are the events that wait there: an event that a replay brought home stays in the append-only quarantine
and is counted where it landed (`replayed`). While a backfill goes through the tables one after the other, what it has
put into quarantine already and not yet taken out of its table is counted once (`Accounting.backfilling`).

A worked example. The broker's log of `purchases/0` begins at 0 and ends at 110. Bronze stands at 100 and counted 2
offset gaps (transaction markers), so it holds 98 events. Silver's tables stand at 100 except one, which a crash left
at 60; at 60 they had 55 rows in `silver.purchases`, 3 in quarantine, 1 duplicate and had met 1 of the gaps::

    produced   = 110 - 0 - 2                          = 108
    in_flight  = (110 - 100) + (100 - 60 - (2 - 1))   =  49   not yet in bronze + in bronze, not yet in all of silver
    unaccounted = 108 - 55 - 3 - 1 - 49               =   0

What lies above silver's lowest position is in flight even if some tables have it already. Positive numbers are
missing events, negative ones are doubled; a total adds up the amounts, so one of each does not cancel out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import reduce
from typing import Any

from shoplake_lake_kit.revision import backfilling
from shoplake_lake_kit.stamp import Stamp, Totals
from shoplake_lake_kit.vector import Counts, Position


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers of events, of one topic-partition or summed."""

    produced: int = 0
    bronze: int = 0
    silver: int = 0
    quarantined: int = 0
    duplicates: int = 0
    replayed: int = 0
    in_flight: int = 0
    lost: int = 0
    erased: int = 0
    unaccounted: int = 0


@dataclass(frozen=True, slots=True)
class Accounting:
    """The equation at one position.

    Attributes:
        position: Silver's lowest position: where the equation is evaluated.
        partitions: Its terms per (topic, partition).
        per_table: Rows of each silver table up to there.
        backfilling: Tables that a backfill under way has yet to reach.
    """

    position: Position
    partitions: Mapping[tuple[str, int], Figures]
    per_table: Mapping[str, int]
    backfilling: tuple[str, ...] = ()

    @property
    def total(self) -> Figures:
        """The sum over everything; `unaccounted` is the sum of amounts, 0 only if every partition's is."""
        return _sum(self.partitions.values())

    @property
    def per_topic(self) -> dict[str, Figures]:
        """The sum per topic, `unaccounted` as in `total`."""
        topics = sorted({topic for topic, _ in self.partitions})
        return {
            topic: _sum(figures for (owner, _), figures in self.partitions.items() if owner == topic)
            for topic in topics
        }

    def to_dict(self) -> dict[str, Any]:
        """`total`, `topics` (each with its `partitions`), `tables`, `position`, `backfilling`, of JSON types only."""
        topics = {topic: asdict(figures) | {"partitions": []} for topic, figures in self.per_topic.items()}
        for (topic, partition), figures in self.partitions.items():
            topics[topic]["partitions"].append({"partition": partition} | asdict(figures))
        return {
            "total": asdict(self.total),
            "topics": topics,
            "tables": dict(self.per_table),
            "position": {topic: list(row) for topic, row in self.position.items()},
            "backfilling": list(self.backfilling),
        }


def account(end: Position, bronze: Stamp | None, silver: Mapping[str, Sequence[Stamp]]) -> Accounting:
    """Evaluate the equation.

    An event that moves between two readings must not look missing: read silver first, then bronze, then the broker.

    Args:
        end: The broker's last stable offsets.
        bronze: Bronze's newest stamp, None before its first publish.
        silver: Each silver table's newest stamps, newest first. A table ahead of the others counts with the stamp it
            had at their position, so a few are enough.
    """
    origin = _origin(bronze, silver.values())
    position = _lowest(silver.values(), origin)
    stamps = {table: _stamp_at(history, position) for table, history in silver.items()}
    tables = {table: _totals_at(silver[table], stamp) for table, stamp in stamps.items()}
    # Of a table whose stamps back then are expired, the oldest one still tells: a box carries the backfill before it.
    moving, behind = _moving({table: stamps[table] or _oldest(history) for table, history in silver.items()})
    landed = _landed(tables.values(), moving)
    stands = (bronze.position if bronze else Position()).extended(origin)
    totals, gaps = bronze.totals if bronze else Totals(), _common_gaps(tables.values())
    ledger = _Ledger(origin, end, stands, totals, position, landed, _rows(landed), gaps)
    per_table = {table: _number(totals) for table, totals in tables.items()}
    return Accounting(position, ledger.figures(), per_table, behind)


@dataclass(frozen=True, slots=True)
class _Ledger:
    """Everything the equation's terms are computed from."""

    origin: Position
    end: Position
    stands: Position
    bronze: Totals
    position: Position
    landed: Totals
    rows: Counts
    silver_gaps: Counts

    def figures(self) -> dict[tuple[str, int], Figures]:
        named = self.end.extended(self.position).extended(self.stands)
        return {(topic, partition): self._at(topic, partition) for topic, partition, _ in named.entries()}

    def _at(self, topic: str, partition: int) -> Figures:
        def n(vector: Position | Counts) -> int:
            return vector.at(topic, partition)

        totals = self.bronze
        stands, lost = n(self.stands), n(totals.lost)
        eventless = n(totals.offset_gaps) + lost
        # Silver was read after bronze had moved on: what it knows of the gaps is newer.
        if n(self.position) > stands:
            eventless = max(eventless, n(self.silver_gaps))
        reached = max(stands, n(self.position))
        end = max(n(self.end), reached)
        produced = end - n(self.origin) - eventless + lost
        between = reached - n(self.position) - max(0, eventless - n(self.silver_gaps))
        in_flight = end - reached + max(0, between)
        erased, rows = n(self.landed.erased), n(self.rows)
        missing = produced - rows - in_flight - lost - erased
        missing_in_bronze = stands - n(self.origin) - n(totals.offset_gaps) - lost - n(totals.read)
        return Figures(
            produced=produced,
            bronze=n(totals.out),
            silver=n(self.landed.out) - erased,
            quarantined=n(self.landed.quarantined) - n(self.landed.replayed),
            duplicates=n(self.landed.duplicates),
            replayed=n(self.landed.replayed),
            in_flight=in_flight,
            lost=lost,
            erased=erased,
            unaccounted=missing or missing_in_bronze,
        )


def _origin(bronze: Stamp | None, histories: Iterable[Sequence[Stamp]]) -> Position:
    """Bronze's origin; a bronze that was rolled back forgets partitions that silver has seen already."""
    known = [bronze.origin] if bronze else []
    return reduce(Position.extended, [*known, *(history[0].origin for history in histories if history)], Position())


def _lowest(histories: Iterable[Sequence[Stamp]], origin: Position) -> Position:
    positions = [history[0].position if history else origin for history in histories]
    return reduce(Position.lowest, positions).highest(origin) if positions else origin


def _stamp_at(history: Sequence[Stamp], position: Position) -> Stamp | None:
    """A table's newest stamp when it stood at a position; None if its oldest known one is already above."""
    return next((stamp for stamp in history if position.covers(stamp.position)), None)


def _oldest(history: Sequence[Stamp]) -> Stamp | None:
    return history[-1] if history else None


def _totals_at(history: Sequence[Stamp], stamp: Stamp | None) -> Totals:
    if stamp is not None:
        return stamp.totals
    return _before(history[-1]) if history else Totals()


def _moving(stamps: Mapping[str, Stamp | None]) -> tuple[Counts, tuple[str, ...]]:
    """Rows that a backfill has put into quarantine and not yet taken out of their tables, and those tables."""
    lead = next(iter(stamps.values()), None)
    behind = backfilling(lead, stamps)
    moving = lead.moving if lead else {}
    return reduce(Counts.plus, (moving[table] for table in behind if table in moving), Counts()), behind


def _before(stamp: Stamp) -> Totals:
    batch = Totals(stamp.read, stamp.out, stamp.quarantined, stamp.duplicates)
    return stamp.totals.minus(batch)


def _landed(tables: Iterable[Totals], moving: Counts) -> Totals:
    """The rows of all tables; what a backfill has put into quarantine already is not counted as kept as well."""
    tables = tuple(tables)
    names = ("out", "quarantined", "duplicates", "replayed", "erased")
    sums = {name: reduce(Counts.plus, (getattr(totals, name) for totals in tables), Counts()) for name in names}
    return Totals(**sums | {"out": sums["out"].minus(moving)})


def _number(totals: Totals) -> int:
    return totals.out.total() + totals.quarantined.total() + totals.duplicates.total() - totals.erased.total()


def _rows(totals: Totals) -> Counts:
    """Events that are there now: a replayed one is in quarantine and at home, and counts once."""
    written = totals.out.plus(totals.quarantined).plus(totals.duplicates)
    return written.minus(totals.erased).minus(totals.replayed)


def _common_gaps(tables: Iterable[Totals]) -> Counts:
    """Every table of a stage counts the gaps of the same boxes, so one table's count stands for all."""
    gaps = [totals.offset_gaps for totals in tables]
    return reduce(Counts.lowest, gaps) if gaps else Counts()


def _sum(parts: Iterable[Figures]) -> Figures:
    parts = tuple(parts)
    sums = {item.name: sum(getattr(part, item.name) for part in parts) for item in fields(Figures)}
    return Figures(**sums | {"unaccounted": sum(abs(part.unaccounted) for part in parts)})
