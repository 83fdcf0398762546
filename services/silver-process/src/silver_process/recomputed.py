"""The frames of a backfill: what the typed tables hold on some days, computed again from bronze."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.java import load_table
from shoplake_spark_kit.lineage import Keep

from silver_process.addresses import LIFE, at_addresses, groups, ranges_of
from silver_process.backfilled import Account, Fate
from silver_process.box import QUARANTINE, Judged, judge, lay_out, union
from silver_process.expressions import Parameter
from silver_process.order import Order
from silver_process.outcomes import OUTCOMES, REPLAYED, STILL_BAD, ledger_rows, newest
from silver_process.routing import ADDRESS, typed_tables
from silver_process.work import FEW_DAYS, held_on, refuse_failed, valid_by_day

RAW_EVENTS = "bronze.raw_events"
_PLACE = [f"`{name}`" for name in ADDRESS]
_LISTED = (*_PLACE, "to_date(timestamp) AS day", "array_contains(quality_flags, 'id_conflict') AS id_conflict")


@dataclass(frozen=True, kw_only=True)
class Recomputed:
    """What a backfill is about to write; a table that is not named has nothing on the days.

    Attributes:
        account: The figures.
        frames: Per table its rows, and for a typed table the days that they replace.
        days: Per typed table the days whose rows are others now.
    """

    account: Account
    frames: Mapping[str, Output] = field(default_factory=dict)
    days: Mapping[str, set[date]] = field(default_factory=dict)


@dataclass(frozen=True)
class Recomputation:
    """Computes rows again.

    Attributes:
        spark: Where the tables are.
        parameters: Values for `contracts.rules.PARAMETERS`.
        order: Which backfill it is.
        keep: As for `box.judge`.
    """

    spark: SparkSession
    parameters: Mapping[str, Parameter]
    order: Order
    keep: Keep

    def of(self, names: Sequence[str]) -> Recomputed:
        """The rows of the tables that lack the backfill; with quarantine among them it has not begun.

        Raises:
            BronzeIncomplete: bronze lacks events of these days.
            RuleFailed: an event breaks a rule whose action is `fail`.
        """
        typed = [table.name for table in typed_tables() if table.name in names]
        since = {name: self._snapshot(name) for name in typed}
        now = self.keep(union([self._listed(name) for name in typed])) if typed else None
        ranges = ranges_of(now) if now is not None else ()
        if now is None or not ranges:
            return Recomputed(account=Account())
        events = at_addresses(self.spark, RAW_EVENTS, now, ranges)
        judged = judge(events, self.order.at, self.parameters, self.keep)
        mine = (F.col("processing_time") == F.lit(self.order.at)).alias("by_this")
        in_quarantine = at_addresses(self.spark, QUARANTINE, now, ranges).select(*ADDRESS, mine)
        told = self.keep(_told(now, judged, in_quarantine, begun=QUARANTINE not in names))
        account = Account(groups(told, "table", "fate"))
        in_bronze = events.groupBy(*LIFE).agg(F.count("*").alias("n"), F.count_distinct("offset").alias("different"))
        account.check_bronze([row.asDict() for row in in_bronze.collect()])
        refuse_failed(judged)
        return self._laid_out(judged, told, account, since)

    def _laid_out(
        self, judged: Judged, told: DataFrame, account: Account, since: Mapping[str, int | None]
    ) -> Recomputed:
        rows = lay_out(judged, told.where("id_conflict").select("table", *ADDRESS))
        replaced, filled = _days(told), valid_by_day(judged)
        frames = {
            name: Output(
                self._typed(name, rows[name], told, account),
                days=tuple(sorted(replaced[name])),
                day_column="timestamp",
                since=since[name],
                many_days=len(filled.get(name, ())) > FEW_DAYS,
            )
            for name in account.tables
        }
        if account.moved:
            frames[QUARANTINE] = Output(rows[QUARANTINE].join(_of(told, Fate.MOVED), list(ADDRESS), "left_semi"))
        if account.withdrawn:
            frames[OUTCOMES] = Output(self._still_bad(rows[QUARANTINE], _of(told, Fate.WITHDRAWN)))
        days = {name: replaced[name].union(filled.get(name, ())) for name in account.tables}
        return Recomputed(account=account, frames=frames, days=days)

    def _typed(self, name: str, rows: DataFrame, told: DataFrame, account: Account) -> DataFrame:
        mine = told.where(F.col("table") == name)
        # A row that this backfill has put into quarantine leaves, even if a rule was mended since.
        stay = rows.join(_of(mine, Fate.MOVED), list(ADDRESS), "left_anti")
        if name not in account.left:
            return stay
        as_they_are = held_on(self.spark, name, self.order.wish.days())
        return stay.unionByName(as_they_are.join(_of(mine, Fate.LEFT), list(ADDRESS), "left_semi"))

    def _still_bad(self, refused: DataFrame, withdrawn: DataFrame) -> DataFrame:
        """Outcomes for events that a replay brought and that are bad again."""
        replayed = newest(self.spark.table(f"iceberg.{OUTCOMES}")).where(f"outcome = '{REPLAYED}'")
        again = refused.join(withdrawn, list(ADDRESS), "left_semi").join(replayed, list(ADDRESS), "left_semi")
        told = again.selectExpr(*_PLACE, f"'{STILL_BAD}' AS outcome", "reason")
        return ledger_rows(told, self.order.id, self.order.at)

    def _listed(self, name: str) -> DataFrame:
        return held_on(self.spark, name, self.order.wish.days()).selectExpr(f"'{name}' AS table", *_LISTED)

    def _snapshot(self, name: str) -> int | None:
        snapshot = load_table(self.spark, name).currentSnapshot()
        return None if snapshot is None else int(snapshot.snapshotId())


def _told(now: DataFrame, judged: Judged, in_quarantine: DataFrame, *, begun: bool) -> DataFrame:
    valid = union(
        [judged.valid(name).selectExpr(f"'{name}' AS table", *_PLACE, "true AS valid") for name in judged.tables]
    )
    newly_bad = Fate.LEFT if begun else Fate.MOVED
    fate = (
        f"CASE WHEN by_this THEN '{Fate.MOVED}' WHEN valid THEN '{Fate.KEPT}' "
        f"WHEN by_this IS NOT NULL THEN '{Fate.WITHDRAWN}' ELSE '{newly_bad}' END AS fate"
    )
    known = now.join(valid, ["table", *ADDRESS], "left").join(in_quarantine, list(ADDRESS), "left")
    return known.selectExpr("table", *_PLACE, "day", "id_conflict", fate)


def _of(told: DataFrame, fate: Fate) -> DataFrame:
    return told.where(F.col("fate") == fate.value).select(*ADDRESS)


def _days(told: DataFrame) -> dict[str, set[date]]:
    found: dict[str, set[date]] = {}
    for row in told.select("table", "day").distinct().collect():
        found.setdefault(row["table"], set()).add(row["day"])
    return found
