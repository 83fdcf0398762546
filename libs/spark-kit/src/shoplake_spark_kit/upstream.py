"""Another stage's tables as lake-kit's `BrokerPort`: what they are complete up to is what there is to read."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import reduce
from operator import or_
from typing import Any

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows
from shoplake_contracts.errors import UpstreamNotReady
from shoplake_lake_kit.box import Box, Range
from shoplake_lake_kit.ports import Source
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.touched import Ends, Touched
from shoplake_lake_kit.vector import Position
from shoplake_lake_kit.writer_groups import merged

from shoplake_spark_kit.java import load_table
from shoplake_spark_kit.snapshots import require_stamp, stamps


class Upstream:
    """Bronze for silver, the silver tables for gold; complete up to the lowest of their positions."""

    def __init__(self, spark: SparkSession, names: Sequence[str], group: str) -> None:
        self._spark = spark
        self._names = names
        self._group = group

    def source(self) -> Source:
        """The upstream's identity and its common position.

        Raises:
            UpstreamNotReady: a table has no stamp yet.
        """
        stamps = {name: self._stamp(name) for name in self._names}
        lowest = reduce(lambda one, other: one.lowest(other), (stamp.position for stamp in stamps.values()))
        first = stamps[self._names[0]]
        return Source(
            cluster=first.cluster,
            topic_ids=first.topic_ids,
            epochs=first.epochs,
            beginning=first.origin,
            end=lowest,
            complete_until=_earliest(stamp.complete_until for stamp in stamps.values()),
            revisions={name: stamp.revision for name, stamp in stamps.items() if stamp.revision},
            is_table=True,
        )

    def revised_days(self, since: Mapping[str, str]) -> dict[str, set[date] | None]:
        """The event days (UTC) that replays and backfills changed in each table.

        Args:
            since: Per table the revision that is known already; a table without one is not named.

        Returns:
            None for a table whose history does not reach back so far: any of its days may have changed.
        """
        return {name: self._revised_days(name, since.get(name)) for name in self._names}

    def touched(self, box: Box) -> dict[str, Touched | None]:
        """What the batches touched that a box overlaps, table by table, as their stamps tell: no row is read.

        Returns:
            None for a table of which a stamp does not tell it, or whose history does not reach back so far.
        """
        return {name: self._touched(name, box) for name in self._names}

    def complete_until(self, position: Position) -> datetime | None:
        """An instant such that all the broker held by then lies before a position; None where no stamp proves one."""
        return _earliest(self._complete_until(name, position) for name in self._names)

    def _complete_until(self, name: str, position: Position) -> datetime | None:
        known = stamps(load_table(self._spark, name), self._group)
        return next((stamp.complete_until for stamp in known if position.covers(stamp.position)), None)

    def _touched(self, name: str, box: Box) -> Touched | None:
        return _touched(stamps(load_table(self._spark, name), self._group), box)

    def _revised_days(self, name: str, known: str | None) -> set[date] | None:
        days: set[date] = set()
        for stamp in stamps(load_table(self._spark, name), self._group):
            if stamp.revision == known:
                return days
            days.update(stamp.revised_days)
        return None

    def _stamp(self, name: str) -> Stamp:
        there = self._spark.catalog.tableExists(f"iceberg.{name}")
        stamp = self._newest(load_table(self._spark, name), name) if there else None
        if stamp is None:
            raise UpstreamNotReady(f"{name} has not been published yet")
        return stamp

    def _newest(self, table: Any, name: str) -> Stamp | None:
        return require_stamp(table, name, self._group)


class SharedUpstream(Upstream):
    """Bronze where several writer groups fill it, each with topics of its own: complete up to what all have published.

    Revisions and proofs of completeness by position are those of the first group.
    """

    CLOCK = "processing_time"
    """When bronze took a row: a column of its own."""

    def __init__(self, spark: SparkSession, names: Sequence[str], groups: Sequence[str]) -> None:
        super().__init__(spark, names, groups[0])
        self._groups = groups

    def _newest(self, table: Any, name: str) -> Stamp | None:
        return merged(require_stamp(table, name, group) for group in self._groups)

    def rows(self, box: Box) -> Column:
        """The rows of a box, as a filter that prunes all files of other hours where the stamps tell when it arrived.

        Addresses alone do not: the partitions of a topic count by themselves, so a compacted file, which holds several
        of them, spans the offsets of nearly every later box.
        """
        (touched,) = self.touched(box).values()
        addressed = box_filter(box)
        return addressed & _arrived(self.CLOCK, touched.arrived) if touched and touched.arrived else addressed

    def _touched(self, name: str, box: Box) -> Touched | None:
        table = load_table(self._spark, name)
        found = [_touched(stamps(table, group), box) for group in self._groups]
        told = [touched for touched in found if touched is not None]
        return reduce(Touched.plus, told) if len(told) == len(found) else None


def _touched(newest_first: Iterable[Stamp], box: Box) -> Touched | None:
    found, after = Touched(), None
    for stamp in newest_first:
        # The batch of a stamp begins where the one before it ends.
        if after and not stamp.position.covers(box.end):
            if after.touched is None:
                return None
            found = found.plus(after.touched)
        if box.start.covers(stamp.position):
            return found
        after = stamp
    return None


def _earliest(instants: Iterable[datetime | None]) -> datetime | None:
    """The earliest of them; None if any is unknown."""
    told = list(instants)
    known = [at for at in told if at]
    return min(known, default=None) if len(known) == len(told) else None


def box_filter(box: Box) -> Column:
    """The rows of a box, as a filter on the address that Iceberg prunes files by."""
    return ranges_filter(box.ranges())


def _arrived(clock: str, days: Sequence[Ends]) -> Column:
    """The rows between the first and the last second of some days."""
    first, last = (datetime.fromtimestamp(second, UTC) for second in (days[0][0], days[-1][1] + 1))
    return (F.col(clock) >= F.lit(first)) & (F.col(clock) < F.lit(last))


def ranges_filter(ranges: Iterable[Range]) -> Column:
    """The rows of some offset ranges, likewise."""
    parts = [_in_range(part) for part in ranges]
    return reduce(or_, parts) if parts else F.lit(col=False)


def _in_range(part: Range) -> Column:
    return (
        (F.col("topic") == part.topic)
        & (F.col("epoch") == part.epoch)
        & (F.col("partition") == part.partition)
        & (F.col("offset") >= part.start)
        & (F.col("offset") < part.end)
    )
