"""Turns a box of bronze into the frames of silver's seven tables: the one place where silver reads tables."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import pairwise

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows
from shoplake_contracts import rules, tables
from shoplake_contracts.errors import RuleFailed
from shoplake_lake_kit.batch import Frames
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.topic_life import life_name
from shoplake_lake_kit.vector import Counts
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.lineage import cut, release
from shoplake_spark_kit.upstream import box_filter

from silver_process.box import Judged, judge, settle
from silver_process.expressions import Parameter

BRONZE = "iceberg.bronze.raw_events"
# Above this many event days a task must not keep a file open for each: 400 days ran out of memory.
FEW_DAYS = 16


class SilverWork:
    """Implements lake-kit's `Work`: (box, pending tables, attempt) → frames."""

    def __init__(self, spark: SparkSession, parameters: Mapping[str, Parameter]) -> None:
        self._spark = spark
        self._parameters = parameters

    def __call__(self, box: Box, pending: Sequence[str], attempt: str) -> Frames[Output]:  # noqa: ARG002 - rows do not depend on the attempt
        """Read the box from bronze, judge it, and describe the rows of every pending table.

        Raises:
            RuleFailed: an event breaks a rule whose action is `fail`.
        """
        events = self._spark.table(BRONZE).where(box_filter(box))
        with ExitStack() as held:
            rows, days = self._process(events, held)
            many_days = len(set().union(*days.values())) > FEW_DAYS
            # An event table without a valid event in the box needs no Spark job.
            empty = {name for name in rows if tables.load()[name].event_types and name not in days}
            frames = {name: Output(None if name in empty else rows[name], many_days=many_days) for name in pending}
            return Frames(frames, _read(events), held.pop_all().close)

    def _process(self, events: DataFrame, held: ExitStack) -> tuple[dict[str, DataFrame], dict[str, set[date]]]:
        def keep(frame: DataFrame) -> DataFrame:
            leaf = cut(frame)
            held.callback(release, leaf)
            return leaf

        judged = judge(events, datetime.now(UTC), self._parameters, keep)
        _refuse_failed(judged)
        days = days_by_table(judged)
        return settle(judged, lambda name: self._kept_before(name, days.get(name, set())), keep), days

    def _kept_before(self, name: str, days: set[date]) -> DataFrame:
        """Event ids and addresses that the table already holds on the days of the box."""
        return self._spark.table(f"iceberg.{name}").where(on_days("timestamp", days))


def days_by_table(judged: Judged) -> dict[str, set[date]]:
    """The UTC days of the valid events of each table that has any; fills the caches on the way."""
    found: dict[str, set[date]] = {}
    for row in judged.days().collect():
        found.setdefault(row["table"], set()).add(row["day"])
    return found


def _read(events: DataFrame) -> Counts:
    """The audit's `read` side: a count of bronze's own rows, apart from everything the transform does."""
    rows = events.groupBy("topic", "epoch", "partition").count().collect()
    return Counts.from_items((life_name(row["topic"], row["epoch"]), row["partition"], row["count"]) for row in rows)


def _refuse_failed(judged: Judged) -> None:
    if not any(rule.action == "fail" for name in judged.tables for rule in rules.load(name)):
        return
    first = judged.failed().head()
    if first is not None:
        address = f"{first['topic']}/{first['partition']} offset {first['offset']}"
        raise RuleFailed(f"{first['table']}: rule {first['rule']} fails for {address}; nothing was published")


def on_days(column: str, days: Iterable[date]) -> Column:
    """Rows of these UTC days, as ranges that Iceberg prunes partitions by."""
    in_runs = (F.col(column).between(*_bounds(run)) for run in runs(sorted(days)))
    nothing = F.lit(False)  # noqa: FBT003 - Spark's literal takes its value by position
    return reduce(lambda one, other: one | other, in_runs, nothing)


def runs(days: Sequence[date]) -> list[tuple[date, date]]:
    """Sorted days as (first, last) of each run of consecutive days."""
    if not days:
        return []
    breaks = [index for index, (one, other) in enumerate(pairwise(days), 1) if other - one > timedelta(days=1)]
    starts, ends = [0, *breaks], [*breaks, len(days)]
    return [(days[start], days[end - 1]) for start, end in zip(starts, ends, strict=True)]


def _bounds(run: tuple[date, date]) -> tuple[Column, Column]:
    first, last = run
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1, microseconds=-1)
    return F.lit(start), F.lit(end)
