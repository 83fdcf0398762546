"""Tables held at one snapshot each, in an order that never makes a moving event look missing.

A pin is taken once and read afterwards, however long that lasts: what is published meanwhile is not seen. Silver comes
before bronze, where its events come from. Within silver the quarantine comes last, because a backfill puts an event
there before it takes it out of its table. The ledgers come at the end, because a row leaves bronze only after they
have it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import ValidationError
from pyiceberg.expressions import BooleanExpression
from pyiceberg.table import Table
from shoplake_contracts.errors import CatalogUnavailable
from shoplake_lake_kit.reader import EVERYTHING, find_table, scan, stamps
from shoplake_lake_kit.revision import backfilling
from shoplake_lake_kit.stage_tables import SILVER
from shoplake_lake_kit.stamp import Stamp, Totals
from shoplake_lake_kit.vector import Counts, Position

RAW_EVENTS = "bronze.raw_events"
LEAD = next(iter(SILVER))
OUTCOMES = "silver.quarantine_outcomes"
DATA_LOSS = "ops.data_loss"
ERASURES = "ops.erasures"
LEDGERS = (OUTCOMES, DATA_LOSS, ERASURES)


@dataclass(frozen=True)
class Pin:
    """One table at one snapshot.

    Attributes:
        name: The table's name.
        table: Its metadata as they were; None if it was not created yet.
        snapshot_id: The snapshot; None for a table without any.
        history: Snapshot id and stamp of every stamped ancestor, newest first, of all writer groups.
    """

    name: str
    table: Table | None
    snapshot_id: int | None
    history: tuple[tuple[int, Stamp], ...]

    @property
    def newest(self) -> tuple[Stamp, ...]:
        """The newest stamp of each writer group; groups own different topics."""
        found: dict[str, Stamp] = {}
        for _, stamp in self.history:
            found.setdefault(stamp.group, stamp)
        return tuple(found.values())

    @property
    def position(self) -> Position:
        """Up to where the table is complete, over all groups."""
        return reduce(Position.extended, (stamp.position for stamp in self.newest), Position())

    @property
    def origin(self) -> Position:
        """Where the table began, over all groups."""
        return reduce(Position.extended, (stamp.origin for stamp in self.newest), Position())

    @property
    def totals(self) -> Totals:
        """What its stamps count since the origin, over all groups."""
        return reduce(Totals.plus, (stamp.totals for stamp in self.newest), Totals())

    @property
    def stamped_rows(self) -> Counts:
        """The rows it should have by its own stamps."""
        totals = self.totals
        return totals.out.plus(totals.quarantined).plus(totals.duplicates).minus(totals.erased)

    def batches(self, columns: Sequence[str], row_filter: BooleanExpression = EVERYTHING) -> Iterator[pa.RecordBatch]:
        """Its rows in small pieces; nothing for a table without rows.

        Raises:
            CatalogUnavailable: A file cannot be read.
        """
        if self.table is None or self.snapshot_id is None:
            return
        with _storage_errors(self.name):
            for batch in scan(self.table, columns, row_filter, self.snapshot_id).to_arrow_batch_reader():
                if batch.num_rows:
                    yield batch

    def rows(self, columns: Sequence[str], row_filter: BooleanExpression) -> list[dict[str, object]]:
        """A few rows as mappings; raises as `batches` does."""
        return [row for batch in self.batches(columns, row_filter) for row in batch.to_pylist()]


@dataclass(frozen=True)
class Pins:
    """Everything that knows where an event is, pinned."""

    silver: dict[str, Pin]
    bronze: Pin
    ledgers: dict[str, Pin]

    @property
    def origin(self) -> Position:
        """Where the first event was read; bronze knows best, silver knows what a bronze rolled back forgot."""
        return reduce(Position.extended, (pin.origin for pin in self.silver.values()), self.bronze.origin)

    @property
    def twice(self) -> Counts:
        """Rows that are in quarantine and at home as well: replayed ones, and those that a backfill is moving."""
        replayed = (pin.totals.replayed for pin in self.silver.values())
        return reduce(Counts.plus, replayed, Counts()).plus(self._moving())

    def _moving(self) -> Counts:
        stamps = {name: {stamp.group: stamp for stamp in pin.newest} for name, pin in self.silver.items()}
        found = [
            lead.moving[name]
            for group, lead in stamps[LEAD].items()
            for name in backfilling(lead, {table: of_group.get(group) for table, of_group in stamps.items()})
            if name in lead.moving
        ]
        return reduce(Counts.plus, found, Counts())

    @property
    def position(self) -> Position:
        """Silver's lowest position: every event below it has to be somewhere."""
        lowest = reduce(Position.lowest, (pin.position for pin in self.silver.values()))
        return lowest.highest(self.origin)


def take(catalog: Catalog, name: str) -> Pin:
    """Pin a table now.

    Raises:
        CatalogUnavailable: The catalog does not answer.
        StampMissing: One of its stamps cannot be read.
    """
    table = find_table(catalog, name)
    if table is None:
        return Pin(name, None, None, ())
    current = table.metadata.current_snapshot_id
    return Pin(name, table, current, tuple(stamps(table)))


def take_all(catalog: Catalog) -> Pins:
    """Pin silver's seven tables, the lead last, then bronze, then the ledgers; raises as `take` does."""
    silver = {name: take(catalog, name) for name in reversed(tuple(SILVER))}
    bronze = take(catalog, RAW_EVENTS)
    return Pins(silver, bronze, {name: take(catalog, name) for name in LEDGERS})


@contextmanager
def _storage_errors(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValidationError) as error:
        raise CatalogUnavailable(
            f"{name} cannot be read: {error}",
            remedy="If maintenance expired the snapshot meanwhile, ask again; else check the storage of the warehouse.",
        ) from error
