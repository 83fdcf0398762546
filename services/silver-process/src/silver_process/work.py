"""Turns a box of bronze into the frames of silver's seven tables: the one place where silver reads tables."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import pairwise

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows
from shoplake_contracts import tables
from shoplake_lake_kit.batch import Frames
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.vector import Counts
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.upstream import box_filter

from silver_process.box import Params, process

BRONZE = "iceberg.bronze.raw_events"
INLET = "raw-events"
# Above this many event days a task must not keep a file open for each (design: fan-out over 400 days ran out of memory).
FEW_DAYS = 16


class SilverWork:
    """Implements lake-kit's `Work`: (box, pending tables, attempt) → frames."""

    def __init__(self, spark: SparkSession, params: Params) -> None:
        self._spark = spark
        self._params = params

    def __call__(self, box: Box, pending: Sequence[str], attempt: str) -> Frames[Output]:  # noqa: ARG002 - rows do not depend on the attempt
        """Read the box from bronze, count it, and describe the rows of every pending table."""
        events = self._spark.table(BRONZE).where(box_filter(box))
        survey = Survey(events)
        done = process(events, lambda name: self._kept_before(name, survey), datetime.now(UTC), self._params)
        for shared in done.shared:
            shared.persist()
        frames = {name: self._output(name, done.frames[name], survey) for name in pending}

        def release() -> None:
            for shared in done.shared:
                shared.unpersist()

        return Frames(frames, survey.read, release)

    def _kept_before(self, name: str, survey: "Survey") -> DataFrame:
        """Event ids and addresses that the table already holds on the days of the box."""
        kept = self._spark.table(f"iceberg.{name}").where(on_days("timestamp", survey.days_of(name)))
        return kept.select("event_id", "timestamp", "topic", "epoch", "partition", "offset")

    def _output(self, name: str, rows: DataFrame, survey: "Survey") -> Output:
        topic = tables.load()[name].topic
        empty = topic is not None and not survey.topics & {topic, INLET}
        return Output(None if empty else rows, many_days=len(survey.days) > FEW_DAYS)


class Survey:
    """What a box holds, counted by one scan of the address columns: an audit's `read` side, and the days it touches."""

    def __init__(self, events: DataFrame) -> None:
        day = F.to_date("timestamp").alias("day")
        rows = events.groupBy("topic", "partition", day).agg(F.count("*").alias("n")).collect()
        self.read = Counts.from_items((row["topic"], row["partition"], row["n"]) for row in rows)
        self.topics = {row["topic"] for row in rows}
        self._days: Mapping[str, set[date]] = {
            topic: {row["day"] for row in rows if row["topic"] == topic and row["day"] is not None}
            for topic in self.topics
        }

    @property
    def days(self) -> set[date]:
        """All event days of the box."""
        return set().union(*self._days.values())

    def days_of(self, name: str) -> set[date]:
        """The event days whose events can land in a table."""
        topic = tables.load()[name].topic or INLET
        return self._days.get(topic, set()) | self._days.get(INLET, set())


def on_days(column: str, days: Iterable[date]) -> Column:
    """Rows of these UTC days, as ranges that Iceberg prunes partitions by."""
    in_runs = (F.col(column).between(*_bounds(run)) for run in runs(sorted(days)))
    return reduce(lambda one, other: one | other, in_runs, F.lit(value=False))


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
