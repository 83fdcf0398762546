"""The audit's scratch database: addresses streamed in from the tables, on disk, gone when the audit ends.

Nothing but address columns, clocks and event ids ever gets here: no payload is held. Times become whole hours and days
since 1970, which is all that is asked of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa
from pyiceberg.expressions import BooleanExpression
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.reader import EVERYTHING
from shoplake_lake_kit.stage_tables import SILVER

from health.audit.scope import Scope
from health.filters import equal
from health.pins import DATA_LOSS, ERASURES, OUTCOMES, Pin, Pins

Show = Callable[..., None]

_SCHEMA = """
    CREATE TABLE span (topic VARCHAR, epoch INTEGER, part INTEGER, start BIGINT, position BIGINT, bronze BIGINT,
                       gaps BIGINT, twice BIGINT);
    CREATE TABLE bronze (topic VARCHAR, epoch INTEGER, part INTEGER, off BIGINT, hour INTEGER);
    CREATE TABLE silver (name VARCHAR, role VARCHAR, topic VARCHAR, epoch INTEGER, part INTEGER, off BIGINT,
                         hour INTEGER, event_id VARCHAR, day INTEGER, kept_table VARCHAR, kept_topic VARCHAR,
                         kept_epoch INTEGER, kept_part INTEGER, kept_off BIGINT);
    CREATE TABLE told (topic VARCHAR, epoch INTEGER, part INTEGER, off BIGINT);
    CREATE TABLE erased (topic VARCHAR, epoch INTEGER, part INTEGER, off BIGINT);
    CREATE TABLE lost (topic VARCHAR, epoch INTEGER, part INTEGER, start BIGINT, stop BIGINT);
"""
_ADDRESS = 'topic, epoch, "partition", "offset"'
_HOUR = "CAST(epoch_us(kafka_timestamp) // 3600000000 AS INTEGER)"
_DAY = 'CAST(epoch_us("timestamp") // 86400000000 AS INTEGER)'
_KEPT = '"table", kept_topic, kept_epoch, kept_partition, kept_offset'
_NO_KEPT = "NULL, NULL, NULL, NULL, NULL"
_COLUMNS = ("topic", "epoch", "partition", "offset")
_INTO_BRONZE = f"INSERT INTO bronze SELECT {_ADDRESS}, {_HOUR} FROM incoming"  # noqa: S608 - constants
_INTO_SILVER: Mapping[Role, tuple[tuple[str, ...], str]] = {
    Role.OUT: (("kafka_timestamp", "event_id", "timestamp"), f"{_HOUR}, event_id, {_DAY}, {_NO_KEPT}"),
    Role.QUARANTINED: (("kafka_timestamp",), f"{_HOUR}, NULL, NULL, {_NO_KEPT}"),
    Role.DUPLICATES: (
        ("table", "kept_topic", "kept_epoch", "kept_partition", "kept_offset"),
        f"NULL, NULL, NULL, {_KEPT}",
    ),
}
# An audit runs beside a pipeline, which goes first.
_THREADS = 2


class Workspace:
    """A DuckDB database in a folder of its own; a context manager, for one thread.

    Args:
        memory_mb: What DuckDB may use before it goes to disk.
        show: Told how far the reading is; may raise to end it.
    """

    def __init__(self, memory_mb: int, show: Show) -> None:
        self._show = show
        self._folder = TemporaryDirectory(prefix="shoplake-audit-")
        self._database = duckdb.connect(str(Path(self._folder.name) / "audit.duckdb"))
        self._rows = 0
        self._database.execute(f"SET memory_limit = '{memory_mb}MB'")
        self._database.execute("SET temp_directory = ?", [f"{self._folder.name}/spill"])
        self._database.execute("SET preserve_insertion_order = false")
        self._database.execute(f"SET threads = {_THREADS}")
        self._database.execute(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._folder.cleanup()

    def load(self, pins: Pins, scope: Scope) -> None:
        """Read every address of the scope.

        Raises:
            CatalogUnavailable: A table cannot be read.
        """
        self._load_spans(scope)
        for name, role in SILVER.items():
            columns, values = _INTO_SILVER[role]
            insert = f"INSERT INTO silver SELECT '{name}', '{role.value}', {_ADDRESS}, {values} FROM incoming"  # noqa: S608 - names of our own contract
            self._load(pins.silver[name], (*_COLUMNS, *columns), scope.row_filter, insert)
        self._load(pins.bronze, (*_COLUMNS, "kafka_timestamp"), scope.row_filter, _INTO_BRONZE)
        address = f"SELECT {_ADDRESS} FROM incoming"  # noqa: S608 - constants
        told, erased, lost = (pins.ledgers[name] for name in (OUTCOMES, ERASURES, DATA_LOSS))
        self._load(told, (*_COLUMNS, "outcome"), equal("outcome", "replayed"), f"INSERT INTO told {address}")
        self._load(erased, _COLUMNS, EVERYTHING, f"INSERT INTO erased {address}")
        columns = ("topic", "epoch", "partition", "from_offset", "to_offset")
        ends = "coalesce(to_offset, from_offset)"  # of a topic's former life nobody knows the end
        ranges = f'INSERT INTO lost SELECT topic, epoch, "partition", from_offset, {ends} FROM incoming'  # noqa: S608 - constants
        self._load(lost, columns, EVERYTHING, ranges)

    def run(self, step: str, sql: str) -> None:
        """Make something out of what was loaded."""
        self._show(step=step)
        self._database.execute(sql)

    def ask(self, sql: str, parameters: Iterable[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a query as mappings."""
        self._show()
        answer = self._database.execute(sql, list(parameters))
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def _load_spans(self, scope: Scope) -> None:
        names = ("topic", "epoch", "partition", "start", "position", "bronze", "gaps", "twice")
        rows = [[getattr(span, name) for name in names] for span in scope.spans]
        if rows:
            self._database.executemany("INSERT INTO span VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _load(self, pin: Pin, columns: Sequence[str], row_filter: BooleanExpression, insert: str) -> None:
        self._show(step=f"reading {pin.name}", rows=self._rows)
        for batch in pin.batches(columns, row_filter):
            self._database.register("incoming", pa.Table.from_batches([batch]))
            self._database.execute(insert)
            self._database.unregister("incoming")
            self._rows += batch.num_rows
            self._show(rows=self._rows)
