"""One box of bronze to the rows of the seven silver tables; every event of the box ends in exactly one of them.

Two steps, because dedup looks into the tables and should read no more of them than it must: `judge` tells which days
the box touches, `settle` takes what the tables hold on those days. Nothing runs in here. Frames that several others
read go through the caller's `keep`, so that each payload is parsed once and the tables are searched for copies once.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from types import MappingProxyType

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows
from shoplake_contracts import rules, tables
from shoplake_contracts.rules import Action
from shoplake_spark_kit.lineage import Keep
from shoplake_spark_kit.planning import side_by_side

from silver_process import dedup
from silver_process.expressions import Parameter, chosen, literal
from silver_process.faults import records
from silver_process.parsing import field_faults, parse
from silver_process.quality import acting, apply_rules, rule_faults
from silver_process.routing import ADDRESS, envelope_faults, route, typed_tables
from silver_process.transforms import cart_events, page_views, product_updates, purchases, user_sessions

QUARANTINE = "silver.quarantine"
DUPLICATES = "ops.duplicates"
DERIVED: Mapping[str, Callable[[], dict[str, str]]] = MappingProxyType(
    {m.TABLE: m.derived for m in (page_views, cart_events, purchases, user_sessions, product_updates)}
)
Existing = Callable[[str], DataFrame]
_REFUSED = (
    *(f"`{name}`" for name in ADDRESS),
    "kafka_timestamp",
    "ingested_at",
    "processing_time",
    "_header_type",
    "_event_type",
    "_bytes",
)
_PAYLOAD = "coalesce(_unread, CAST(_text AS binary))"
_VALID = "_envelope IS NULL AND _fields = 0 AND _rules = 0"
_LATE = "greatest(0L, (unix_micros(kafka_timestamp) - unix_micros(timestamp)) div 1000000L)"


@dataclass(frozen=True)
class Judged:
    """A box whose events are parsed and judged one by one, not yet compared with each other.

    Attributes:
        unrouted: the rows that belong to no event table, with their reason.
        tables: per event table its rows, valid or not.
        processing_time: silver's clock for this box.
    """

    unrouted: DataFrame
    tables: Mapping[str, DataFrame]
    processing_time: datetime

    def valid(self, table: str) -> DataFrame:
        """The events of a table that nothing speaks against."""
        return self.tables[table].where("_valid")

    def days(self) -> DataFrame:
        """table, day (UTC) and number of its valid events, for each day that has any."""
        days = union([self._days(name) for name in self.tables])
        return days.groupBy("table", "day").agg(F.count("*").alias("events"))

    def failed(self) -> DataFrame:
        """table, rule and address of each valid event that breaks a rule of action `fail`: any must stop the stage."""
        return union([self._failed(name) for name in self.tables])

    def _days(self, name: str) -> DataFrame:
        return self.valid(name).selectExpr(f"'{name}' AS table", "to_date(timestamp) AS day")

    def _failed(self, name: str) -> DataFrame:
        broken = chosen("_failed", _names(name, "fail"), "string")
        return self.valid(name).selectExpr(f"'{name}' AS table", f"explode({broken}) AS rule", *ADDRESS)


def judge(bronze: DataFrame, processing_time: datetime, parameters: Mapping[str, Parameter], keep: Keep) -> Judged:
    """Parse every payload of the box and apply the rules.

    Args:
        bronze: the rows of `bronze.raw_events` in the box.
        processing_time: silver's clock for this box, with a zone.
        parameters: values for `contracts.rules.PARAMETERS`.
        keep: gives the same rows as a frame that is computed once and planned as a leaf.
    """
    # What is particular to this box (its bounds, its clock) stays in here, as constants of a small generated class; the
    # large ones that parse and check are the same for every box, so Spark compiles them once, not box after box.
    routed = keep(route(_read(bronze, processing_time)))
    names = [table.name for table in typed_tables()]
    judged = side_by_side(lambda name: keep(_judge(routed.where(F.col("_target") == name), name, parameters)), names)
    return Judged(routed.where("_target IS NULL"), judged, processing_time)


def settle(judged: Judged, existing: Existing, keep: Keep, empty: Container[str] = ()) -> dict[str, DataFrame]:
    """Compare the valid events with each other and with the tables, and lay out the rows of the seven tables.

    Args:
        judged: the box.
        existing: for an event table the rows it holds on (at least) the days of `judged.days()`: event_id, timestamp
            and address.
        keep: as for `judge`.
        empty: tables that are known to get no rows.

    Returns:
        Per other table its frame, with exactly the columns of its contract.
    """
    box = union([dedup.keys(judged.valid(name), name, "ingested_at") for name in judged.tables])
    held = union([dedup.keys(existing(name), name) for name in judged.tables])
    verdicts = keep(dedup.verdicts(box, keep(dedup.seen(box, held))))
    wanted = [name for name in _tables(judged, DUPLICATES) if name not in empty]
    return side_by_side(lambda name: in_contract(_frame(judged, name, verdicts), name), wanted)


def lay_out(judged: Judged, conflicts: DataFrame) -> dict[str, DataFrame]:
    """The rows of events that are no copies of each other, as events that were published before are not.

    Args:
        judged: the events.
        conflicts: table and address of those whose id another day has as well.

    Returns:
        For quarantine and each event table its frame, with exactly the columns of its contract.
    """
    told = conflicts.selectExpr("*", "CAST(NULL AS string) AS kept_topic", "true AS id_conflict")
    return side_by_side(lambda name: in_contract(_frame(judged, name, told), name), _tables(judged))


def _tables(judged: Judged, *others: str) -> list[str]:
    return [QUARANTINE, *judged.tables, *others]


def _frame(judged: Judged, table: str, verdicts: DataFrame) -> DataFrame:
    if table == QUARANTINE:
        return _quarantine(judged)
    if table == DUPLICATES:
        return _duplicates(verdicts, judged.processing_time)
    return _kept(judged.valid(table), table, verdicts)


def _read(bronze: DataFrame, processing_time: datetime) -> DataFrame:
    ingested = F.col("processing_time").alias("ingested_at")
    now = F.lit(processing_time).alias("processing_time")
    return bronze.select(*ADDRESS, "kafka_timestamp", ingested, now, "event_type", "raw_data", "value")


def _judge(rows: DataFrame, table: str, parameters: Mapping[str, Parameter]) -> DataFrame:
    derived = (f"{sql} AS {name}" for name, sql in DERIVED[table]().items())
    whole = parse(rows, table).selectExpr("*", *derived, f"{_LATE} AS lateness_seconds")
    ruled = apply_rules(whole, rules.load(table), parameters)
    bytes_ = f"CASE WHEN NOT ({_VALID}) THEN {_PAYLOAD} END AS _bytes"
    return ruled.selectExpr("* EXCEPT (_text, _unread)", f"{_VALID} AS _valid", bytes_)


def _kept(valid: DataFrame, table: str, verdicts: DataFrame) -> DataFrame:
    mine = verdicts.where(F.col("table") == table).select(*ADDRESS, "kept_topic", "id_conflict")
    kept = valid.join(F.broadcast(mine), list(ADDRESS), "left").where("kept_topic IS NULL")
    noticed = {"_header_type <> _event_type": "header_mismatch", "id_conflict": "id_conflict"}
    ours = (f"CASE WHEN {condition} THEN array('{flag}') ELSE array() END" for condition, flag in noticed.items())
    flags = f"array_sort(concat({chosen('_flags', _names(table, 'warn'), 'string')}, {', '.join(ours)}))"
    return kept.selectExpr("*", f"{flags} AS quality_flags")


def _names(table: str, action: Action) -> list[str]:
    return [literal(rule.name) for rule in acting(rules.load(table), action)]


def _quarantine(judged: Judged) -> DataFrame:
    unrouted = judged.unrouted.selectExpr("*", f"{_PAYLOAD} AS _bytes")
    refused = [_refused(rows, name) for name, rows in judged.tables.items()]
    rows = union([unrouted.selectExpr(*_REFUSED, f"{envelope_faults()} AS _faults"), *refused])
    sorted_ = rows.selectExpr("* EXCEPT (_faults)", "array_sort(_faults) AS _faults")
    return sorted_.select(
        "*",
        F.col("processing_time").alias("first_seen"),
        F.expr("_bytes AS value"),
        F.expr("coalesce(_event_type, _header_type) AS event_type"),
        F.expr("get(_faults, 0).reason AS reason"),
        F.expr("get(_faults, 0).version AS rule_version"),
        F.expr("transform(_faults, fault -> struct(fault.rule, fault.path, fault.message)) AS errors"),
    )


def _refused(rows: DataFrame, table: str) -> DataFrame:
    fields = records("_fields", field_faults(tables.load()[table]))
    inside = f"concat({fields}, {records('_rules', rule_faults(rules.load(table)))})"
    faults = f"CASE WHEN _envelope IS NULL THEN {inside} ELSE {envelope_faults()} END"
    return rows.where("NOT _valid").selectExpr(*_REFUSED, f"{faults} AS _faults")


def _duplicates(verdicts: DataFrame, seen_at: datetime) -> DataFrame:
    return verdicts.where("kept_topic IS NOT NULL").select("*", F.lit(seen_at).alias("seen_at"))


def in_contract(frame: DataFrame, table: str) -> DataFrame:
    """Exactly the columns of a table's contract."""
    return frame.selectExpr(*(f"CAST(`{c.name}` AS {c.type}) AS `{c.name}`" for c in tables.load()[table].columns))


def union(frames: list[DataFrame]) -> DataFrame:
    """The rows of all, by column name."""
    return reduce(DataFrame.unionByName, frames)
