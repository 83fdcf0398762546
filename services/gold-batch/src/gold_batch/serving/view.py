"""Answers from gold's tables as they are now, or as they were on the page before."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
from pyiceberg.table import Table as IcebergTable
from shoplake_contracts import tables
from shoplake_contracts.errors import InvalidRequest, NotFound
from shoplake_contracts.tables import Table
from shoplake_lake_kit.reader import ancestors, catalog_errors, find_table, open_catalog, scan, stamps
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stage_tables import GOLD

from gold_batch.serving.conditions import conditions
from gold_batch.serving.models import ColumnView, Cursor, Question, TableView


@dataclass(frozen=True)
class Answer:
    """Rows of one snapshot.

    Attributes:
        table: its name without `gold.`.
        snapshot_id: what the rows are of.
        position: the silver position that it was computed from; None where no stamp says so.
        rows: in the order asked for.
        next: cursor of the next page, None on the last.
    """

    table: str
    snapshot_id: int
    position: dict[str, Any] | None
    rows: pa.Table
    next: str | None


class GoldView:
    """Every method may be called from any thread."""

    def __init__(self, lake: LakeSettings) -> None:
        self._lake = lake

    def tables(self) -> list[TableView]:
        """The gold tables with what a reader has to know of them.

        Raises:
            CatalogUnavailable: the catalog does not answer.
        """
        with open_catalog(self._lake) as catalog:
            return [_described(tables.load()[name], find_table(catalog, name)) for name in GOLD]

    def rows(self, name: str, asked: Question) -> Answer:
        """One page of rows.

        Raises:
            NotFound: there is no such table, or nothing was published to it yet.
            InvalidRequest: the question names what the table does not have, or the cursor's snapshot is gone.
            CatalogUnavailable: the catalog does not answer.
        """
        contract = _contract(name)
        row_filter = conditions(contract, asked.filter, asked.date)
        columns = _columns(contract, asked.columns)
        order = _order(contract, asked.sort)
        cursor = Cursor.decode(asked.cursor, asked.fingerprint()) if asked.cursor else None
        with open_catalog(self._lake) as catalog, catalog_errors():
            table = find_table(catalog, contract.name)
            current = table.current_snapshot() if table else None
            if table is None or current is None:
                raise NotFound(f"{contract.name} has no rows yet", remedy="Wait for gold's first publish.")
            snapshot_id = _still_there(table, cursor.snapshot_id) if cursor else current.snapshot_id
            done = cursor.rows if cursor else 0
            read = sorted({*columns, *(name for name, _ in order)})
            found = scan(table, read, row_filter, snapshot_id).to_arrow_batch_reader()
            rows = _page(found, columns, order, done, asked.limit)
            position = _position(table, snapshot_id)
        more = rows.num_rows > asked.limit
        following = Cursor(snapshot_id, done + asked.limit, asked.fingerprint()).encode() if more else None
        return Answer(contract.name.partition(".")[2], snapshot_id, position, rows.slice(0, asked.limit), following)


def _page(
    found: pa.RecordBatchReader, columns: Sequence[str], order: Sequence[tuple[str, bool]], done: int, limit: int
) -> pa.Table:
    """The rows behind the first `done`, and one more than the page has, in order; streamed, so only they are kept."""
    ordered = ", ".join(f'"{name}" {"DESC" if down else "ASC"} NULLS LAST' for name, down in order)
    chosen = ", ".join(f'"{name}"' for name in columns)
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.register("found", found)
        # Names are the contract's, never the caller's text; numbers are numbers.
        sql = f"SELECT {chosen} FROM found ORDER BY {ordered} LIMIT {limit + 1:d} OFFSET {done:d}"  # noqa: S608
        return engine.sql(sql).to_arrow_table()


def _contract(name: str) -> Table:
    full = f"gold.{name.removeprefix('gold.')}"
    if full not in GOLD:
        known = ", ".join(one.partition(".")[2] for one in GOLD)
        raise NotFound(f"there is no gold table {name!r}", remedy=f"Use one of: {known}.")
    return tables.load()[full]


def _columns(contract: Table, asked: str | None) -> list[str]:
    names = list(dict.fromkeys(asked.split(","))) if asked else list(contract.column_names)
    _known(contract, names, "columns")
    return names


def _order(contract: Table, asked: str | None) -> list[tuple[str, bool]]:
    """Column and whether the largest comes first; the key comes last, so that the order is a total one."""
    wanted = [(name.removeprefix("-"), name.startswith("-")) for name in asked.split(",")] if asked else []
    _known(contract, [name for name, _ in wanted], "sort")
    named = {name for name, _ in wanted}
    return [*wanted, *((name, False) for name in contract.key if name not in named)]


def _known(contract: Table, names: Sequence[str], field: str) -> None:
    unknown = sorted(set(names) - set(contract.column_names))
    if unknown:
        raise InvalidRequest(
            f"{field}: {contract.name} has no {', '.join(unknown)}",
            remedy=f"Its columns: {', '.join(contract.column_names)}.",
        )


def _still_there(table: IcebergTable, snapshot_id: int) -> int:
    if all(ancestor.id != snapshot_id for ancestor in ancestors(table)):
        raise InvalidRequest("cursor: its snapshot has expired", remedy="Ask again from the first page.")
    return snapshot_id


def _position(table: IcebergTable, snapshot_id: int) -> dict[str, Any] | None:
    newest = next(stamps(table, snapshot_id), None)
    return json.loads(newest[1].position.to_json()) if newest else None


def _described(contract: Table, table: IcebergTable | None) -> TableView:
    snapshot = table.current_snapshot() if table else None
    total = snapshot.summary["total-records"] if snapshot and snapshot.summary else None
    return TableView(
        name=contract.name.partition(".")[2],
        doc=contract.doc,
        key=list(contract.key),
        columns=[ColumnView(name=column.name, type=column.type, doc=column.doc) for column in contract.columns],
        snapshot_id=snapshot.snapshot_id if snapshot else None,
        position=_position(table, snapshot.snapshot_id) if table and snapshot else None,
        rows=int(total) if total is not None else None,
    )
