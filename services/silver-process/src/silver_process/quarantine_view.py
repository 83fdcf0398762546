"""Reads quarantine without Spark: PyIceberg prunes and streams the rows, DuckDB joins them with their outcomes.

Values of a request only ever become parameters, never text of a statement.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import reduce
from typing import Any

import duckdb
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, BooleanExpression, EqualTo, GreaterThanOrEqual, In, LessThan, LessThanOrEqual
from shoplake_contracts import events, tables
from shoplake_lake_kit.reader import EVERYTHING, find_table, open_catalog, scan
from shoplake_lake_kit.settings import LakeSettings

from silver_process.quarantine_models import Cursor, Filter, Group, Page, PageFilter, QuarantinedEvent, Summary

_PLACE = ("topic", "epoch", "partition", "offset")
_QUARANTINE, _OUTCOMES = "silver.quarantine", "silver.quarantine_outcomes"
_KNOWN = """
    WITH newest AS (
      SELECT topic, epoch, partition, "offset", outcome, reason AS reason_now, run_id, "at" AS decided_at
      FROM outcomes
      QUALIFY row_number() OVER (PARTITION BY topic, epoch, partition, "offset" ORDER BY "at" DESC, run_id DESC) = 1
    ), known AS (
      SELECT q.*, coalesce(outcome, 'waiting') AS status, reason_now, run_id, decided_at
      FROM quarantined q LEFT JOIN newest USING (topic, epoch, partition, "offset")
    )
    SELECT {columns} FROM known
    WHERE ($status IS NULL OR status = $status)
      AND ($rule IS NULL OR list_contains([fault.rule FOR fault IN errors], $rule))
"""
_PAGE = (
    _KNOWN.format(columns="*")
    + """
      AND ($before IS NULL OR first_seen < $before OR first_seen = $before
           AND (topic, epoch, partition, "offset") > ($topic, $epoch, $partition, $offset))
    ORDER BY first_seen DESC, topic, epoch, partition, "offset" LIMIT $limit
"""
)
_SUMMARY = (
    _KNOWN.format(
        columns="""CAST(first_seen AS date) AS day, reason, status, count(*) AS events,
        CASE WHEN event_type IS NULL OR list_contains($types, event_type) THEN event_type ELSE 'other' END AS event_type
    """
    )
    + "GROUP BY ALL ORDER BY day DESC, events DESC, reason, status, event_type"
)
_ADDRESS = 'topic varchar, epoch int, partition int, "offset" bigint'
_FORMS = {
    _QUARANTINE: f"{_ADDRESS}, kafka_timestamp timestamptz, ingested_at timestamptz, value blob, event_type varchar, "
    "reason varchar, errors struct(rule varchar, path varchar, message varchar)[], rule_version int, "
    "first_seen timestamptz, processing_time timestamptz",
    _OUTCOMES: f'{_ADDRESS}, outcome varchar, reason varchar, run_id varchar, "at" timestamptz',
}
_VALUES = 'SELECT topic, epoch, partition, "offset", value FROM quarantined'


class QuarantineView:
    """Answers from the tables as they are now; every method may be called from any thread."""

    def __init__(self, lake: LakeSettings) -> None:
        self._lake = lake

    def page(self, wanted: PageFilter) -> Page:
        """One page of events.

        Raises:
            InvalidRequest: the cursor is none of this collection.
            CatalogUnavailable: the catalog does not answer.
        """
        cursor = Cursor.decode(wanted.cursor) if wanted.cursor else None
        place = cursor[1:] if cursor else (None,) * len(_PLACE)
        values = {**_asked(wanted), "before": cursor and cursor.first_seen, "limit": wanted.limit + 1}
        values |= dict(zip(_PLACE, place, strict=True))
        conditions = [
            *_conditions(wanted),
            *([LessThanOrEqual(term="first_seen", value=_text(cursor[0]))] if cursor else []),
        ]
        with open_catalog(self._lake) as catalog:
            with _loaded(catalog, [name for name in _columns(_QUARANTINE) if name != "value"], conditions) as lake:
                found = _rows(lake, _PAGE, values)
            page = found[: wanted.limit]
            payloads = _payloads(catalog, page) if wanted.include else {}
        told = [QuarantinedEvent(**row, value=payloads.get(_place(row))) for row in page]
        return Page(events=told, next=_cursor(page[-1]).encode() if len(found) > len(page) else None)

    def summary(self, wanted: Filter) -> Summary:
        """Events by reason, type, status and day.

        Raises:
            CatalogUnavailable: the catalog does not answer.
        """
        columns = [*_PLACE, "first_seen", "reason", "event_type", "errors"]
        with open_catalog(self._lake) as catalog, _loaded(catalog, columns, _conditions(wanted)) as lake:
            groups = _rows(lake, _SUMMARY, {**_asked(wanted), "types": list(events.event_types())})
        return Summary(total=sum(group["events"] for group in groups), groups=[Group(**group) for group in groups])


@contextmanager
def _loaded(
    catalog: Catalog, columns: Sequence[str], conditions: Sequence[BooleanExpression]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The quarantined rows that the conditions leave, and all outcomes, as two relations."""
    with duckdb.connect() as lake:
        lake.execute("SET TimeZone = 'UTC'")
        lake.execute("SET autoinstall_known_extensions = false")
        _register(lake, catalog, _QUARANTINE, "quarantined", columns, conditions)
        _register(lake, catalog, _OUTCOMES, "outcomes", _columns(_OUTCOMES), ())
        yield lake


def _register(
    lake: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    name: str,
    relation: str,
    columns: Sequence[str],
    conditions: Sequence[BooleanExpression],
) -> None:
    table = find_table(catalog, name)
    if table is None:
        # Before silver's first start there is no table, and nothing in it.
        lake.execute(f"CREATE TABLE {relation} ({_FORMS[name]})")
        return
    lake.register(relation, scan(table, columns, reduce(And, conditions, EVERYTHING)).to_arrow_batch_reader())


def _payloads(catalog: Catalog, page: Sequence[Mapping[str, Any]]) -> dict[tuple[Any, ...], str]:
    """The payloads of a page, read apart: a filter that looks at all rows must not read all payloads."""
    if not page:
        return {}
    conditions = [
        LessThanOrEqual(term="first_seen", value=_text(page[0]["first_seen"])),
        GreaterThanOrEqual(term="first_seen", value=_text(page[-1]["first_seen"])),
        *(In(term=name, literals={row[name] for row in page}) for name in _PLACE),
    ]
    with _loaded(catalog, [*_PLACE, "value"], conditions) as lake:
        found = _rows(lake, _VALUES, {})
    return {_place(row): base64.b64encode(row["value"]).decode() for row in found if row["value"] is not None}


def _rows(lake: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = lake.sql(sql, params=dict(values)).to_arrow_table().to_pylist()
    return rows


def _conditions(wanted: Filter) -> list[BooleanExpression]:
    """What prunes files; the rest is left to the statement."""
    conditions: list[BooleanExpression] = []
    if wanted.reason:
        conditions.append(EqualTo(term="reason", value=wanted.reason.value))
    if wanted.topic:
        conditions.append(EqualTo(term="topic", value=wanted.topic))
    if wanted.from_:
        conditions.append(GreaterThanOrEqual(term="first_seen", value=_text(wanted.from_)))
    if wanted.to:
        conditions.append(LessThan(term="first_seen", value=_text(wanted.to)))
    return conditions


def _asked(wanted: Filter) -> dict[str, Any]:
    return {"status": wanted.status and wanted.status.value, "rule": wanted.rule}


def _columns(name: str) -> list[str]:
    return [column.name for column in tables.load()[name].columns]


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in _PLACE)


def _cursor(row: Mapping[str, Any]) -> Cursor:
    return Cursor(row["first_seen"], row["topic"], row["epoch"], row["partition"], row["offset"])


def _text(instant: datetime) -> str:
    return instant.isoformat()
