"""Turns a box of bronze into the frames of silver's seven tables: the one place where silver reads tables."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime

from pyspark.sql import DataFrame, SparkSession
from shoplake_contracts import rules
from shoplake_contracts.errors import RuleFailed
from shoplake_lake_kit.batch import Frames
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.topic_life import life_name
from shoplake_lake_kit.vector import Counts
from shoplake_spark_kit.days import on_days
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.lineage import keeping
from shoplake_spark_kit.planning import beside, compile_for
from shoplake_spark_kit.upstream import SharedUpstream

from silver_process.box import QUARANTINE, Judged, judge, settle
from silver_process.expressions import Parameter

BRONZE = "iceberg.bronze.raw_events"
# Above this many event days a task must not keep a file open for each: 400 days ran out of memory.
FEW_DAYS = 16


class SilverWork:
    """Implements lake-kit's `Work`: (box, pending tables, attempt) → frames."""

    def __init__(self, spark: SparkSession, bronze: SharedUpstream, parameters: Mapping[str, Parameter]) -> None:
        self._spark = spark
        self._bronze = bronze
        self._parameters = parameters

    def __call__(self, box: Box, pending: Sequence[str], attempt: str) -> Frames[Output]:  # noqa: ARG002 - rows do not depend on the attempt
        """Read the box from bronze, judge it, and describe the rows of every pending table.

        Raises:
            RuleFailed: an event breaks a rule whose action is `fail`.
        """
        compile_for(self._spark, box.counts().total())
        events = self._spark.table(BRONZE).where(self._bronze.rows(box))
        # Apart from everything the transform does, so it need not wait for it either.
        counted = beside(lambda: count_events(events))
        with ExitStack() as held:
            keep = keeping(held)
            judged = judge(events, datetime.now(UTC), self._parameters, keep)
            refuse_failed(judged)
            valid, read = valid_by_day(judged), counted.result()
            rows = settle(judged, lambda name: held_on(self._spark, name, valid[name]), keep, without_rows(valid, read))
            many_days = len(set().union(*valid.values())) > FEW_DAYS
            frames = {name: Output(rows.get(name), many_days=many_days) for name in pending}
            return Frames(frames, read, held.pop_all().close)


def held_on(spark: SparkSession, name: str, days: Collection[date]) -> DataFrame:
    """The rows of a table on these UTC days."""
    return spark.table(f"iceberg.{name}").where(on_days("timestamp", days))


def valid_by_day(judged: Judged) -> dict[str, dict[date, int]]:
    """The valid events of each event table by UTC day; fills the caches on the way."""
    found: dict[str, dict[date, int]] = {name: {} for name in judged.tables}
    for row in judged.days().collect():
        found[row["table"]][row["day"]] = row["events"]
    return found


def without_rows(valid: Mapping[str, Mapping[date, int]], read: Counts) -> set[str]:
    """The tables that a box has nothing for, so that no plan is made for them and no Spark job is run.

    Event tables without a valid event; quarantine, if all that was read is valid. The audit would find out otherwise.
    """
    empty = {name for name, days in valid.items() if not days}
    all_valid = read.total() == sum(sum(days.values()) for days in valid.values())
    return empty | {QUARANTINE} if all_valid else empty


def count_events(events: DataFrame) -> Counts:
    """The audit's `read` side: a count of the source's own rows, apart from everything the transform does."""
    rows = events.groupBy("topic", "epoch", "partition").count().collect()
    return Counts.from_items((life_name(row["topic"], row["epoch"]), row["partition"], row["count"]) for row in rows)


def refuse_failed(judged: Judged) -> None:
    """Stop before anything is staged if an event breaks a rule whose action is `fail`.

    Raises:
        RuleFailed: one does.
    """
    if not any(rule.action == "fail" for name in judged.tables for rule in rules.load(name)):
        return
    first = judged.failed().head()
    if first is not None:
        address = f"{first['topic']}/{first['partition']} offset {first['offset']}"
        raise RuleFailed(f"{first['table']}: rule {first['rule']} fails for {address}; nothing was published")
