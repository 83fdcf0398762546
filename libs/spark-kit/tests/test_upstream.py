"""What a stage finds before, and after, the stage before it has published."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from pyspark.sql import DataFrame, SparkSession
from shoplake_contracts.errors import UpstreamNotReady
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.ports import Role, Staged
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.table_creation import make_tables
from shoplake_lake_kit.touched import Touched
from shoplake_lake_kit.vector import Counts, Position
from shoplake_spark_kit.iceberg_table import IcebergTable, Output
from shoplake_spark_kit.upstream import SharedUpstream, Upstream, box_filter

from .quarantined import blank

pytestmark = pytest.mark.spark
RAW = "bronze.raw_events"


def test_a_table_that_is_not_there_yet_is_waited_for(spark: SparkSession) -> None:
    spark.sql("CREATE NAMESPACE IF NOT EXISTS iceberg.bronze")
    spark.sql(f"DROP TABLE IF EXISTS iceberg.{RAW}")

    with pytest.raises(UpstreamNotReady, match=RAW):
        Upstream(spark, [RAW], "main").source()


def test_an_empty_table_is_waited_for(spark: SparkSession, lake: LakeSettings) -> None:
    make_tables(lake, [RAW])

    with pytest.raises(UpstreamNotReady, match=RAW):
        Upstream(spark, [RAW], "main").source()


def test_a_box_takes_its_addresses_and_no_others(spark: SparkSession) -> None:
    rows = [(topic, 0, partition, offset) for topic in ("a", "b") for partition in (0, 1) for offset in range(4)]
    frame = spark.createDataFrame(rows, "topic string, epoch int, partition int, offset bigint")
    box = Box(Position({"a": (1, 4), "b": (0, 0)}), Position({"a": (3, 4), "b": (0, 1)}))

    found = sorted((row["topic"], row["partition"], row["offset"]) for row in frame.where(box_filter(box)).collect())
    assert found == [("a", 0, 1), ("a", 0, 2), ("b", 1, 0)]


BOX = Stamp(
    stage="silver", group="main", writer="w", position=Position(), origin=Position(), epochs={}, topic_ids={},
    cluster="c", attempt="0",
)  # fmt: skip
NOTHING = Staged(snapshot_id=None, attempt="", counts=Counts(), rows=0)


def test_a_position_is_complete_until_what_the_stamps_up_to_it_prove(spark: SparkSession, lake: LakeSettings) -> None:
    names, days = [RAW, "silver.purchases"], [datetime(2025, 3, day, tzinfo=UTC) for day in range(1, 5)]
    make_tables(lake, names)
    for name, proofs in zip(names, ([None, days[1], days[2]], [None, days[0], days[3]]), strict=True):
        table = IcebergTable(spark, name, role=Role.OUT, group="proved")
        planned_on = None
        for number, proof in enumerate(proofs):
            position = Position({"a": (number,)})
            stamp = replace(BOX, group="proved", position=position, attempt=f"{number}", complete_until=proof)
            table.publish(NOTHING, stamp, planned_on)
            planned_on = stamp
    upstream = Upstream(spark, names, "proved")

    assert upstream.source().complete_until == days[2]
    proved = [upstream.complete_until(Position({"a": (number,)})) for number in range(4)]
    assert proved == [None, days[0], days[2], days[2]]
    for name in names:
        spark.sql(f"DROP TABLE iceberg.{name} PURGE")


def test_a_table_that_groups_share_is_complete_up_to_what_all_have_published(
    spark: SparkSession, lake: LakeSettings
) -> None:
    make_tables(lake, [RAW])
    upstream = SharedUpstream(spark, [RAW], ["orders", "views"])
    with pytest.raises(UpstreamNotReady, match=RAW):
        upstream.source()
    for group, topic, planned_on in (("orders", "a", None), ("views", "b", None)):
        table = IcebergTable(spark, RAW, role=Role.OUT, group=group)
        stamp = replace(
            BOX, group=group, position=Position({topic: (3,)}), attempt=topic, topic_ids={topic: f"id-{topic}"}
        )
        table.publish(NOTHING, stamp, planned_on)

    source = upstream.source()
    assert source.end == Position({"a": (3,), "b": (3,)})
    assert source.topic_ids == {"a": "id-a", "b": "id-b"}
    spark.sql(f"DROP TABLE iceberg.{RAW} PURGE")


def test_the_days_of_revisions_are_told_back_to_the_one_that_is_known(spark: SparkSession, lake: LakeSettings) -> None:
    make_tables(lake, [RAW])
    table = IcebergTable(spark, RAW, role=Role.OUT, group="revised")
    box = replace(BOX, group="revised", position=Position({"a": (1,)}))
    first = replace(box, attempt="1", revision="r1", revised_days=(date(2025, 3, 1), date(2025, 3, 2)))
    second = replace(box, attempt="2", revision="r2", revised_days=(date(2025, 3, 9),))
    after = replace(box, attempt="3", revision="r2")
    for planned_on, stamp in ((None, box), (box, first), (first, second), (second, after)):
        table.publish(NOTHING, stamp, planned_on)
    upstream = Upstream(spark, [RAW], "revised")

    assert upstream.source().revisions == {RAW: "r2"}
    assert upstream.revised_days({RAW: "r2"}) == {RAW: set()}
    assert upstream.revised_days({RAW: "r1"}) == {RAW: {date(2025, 3, 9)}}
    assert upstream.revised_days({}) == {RAW: {date(2025, 3, day) for day in (1, 2, 9)}}
    assert upstream.revised_days({RAW: "forgotten"}) == {RAW: None}
    spark.sql(f"DROP TABLE iceberg.{RAW} PURGE")


def test_what_a_box_touched_is_told_by_the_batches_that_it_overlaps(spark: SparkSession, lake: LakeSettings) -> None:
    make_tables(lake, [RAW])
    table = IcebergTable(spark, RAW, role=Role.OUT, group="touched")
    days = [None, *(Touched(happened=((day, day),)) for day in (86_400, 172_800, 259_200))]
    planned_on = None
    for number, touched in enumerate(days):
        position = Position({"a": (10 * number,)})
        stamp = replace(BOX, group="touched", position=position, attempt=f"{number}", touched=touched)
        table.publish(NOTHING, stamp, planned_on)
        planned_on = stamp
    revised = replace(stamp, attempt="revised", revision="r1")
    table.publish(NOTHING, revised, planned_on)
    upstream = Upstream(spark, [RAW], "touched")

    def told(start: int, end: int) -> list[int] | None:
        (found,) = upstream.touched(Box(Position({"a": (start,)}), Position({"a": (end,)}))).values()
        return found and [first // 86_400 for first, _ in found.happened]

    assert told(0, 30) == [1, 2, 3]
    assert told(10, 20) == [2]
    assert told(15, 25) == [2, 3]
    assert told(30, 30) == []
    assert upstream.touched(Box(Position(), Position({"a": (5,)}))) == {RAW: days[1]}
    spark.sql(f"DROP TABLE iceberg.{RAW} PURGE")


def test_nothing_is_told_where_one_batch_does_not_tell(spark: SparkSession, lake: LakeSettings) -> None:
    make_tables(lake, [RAW])
    table = IcebergTable(spark, RAW, role=Role.OUT, group="silent")
    first = replace(BOX, group="silent", position=Position({"a": (1,)}), attempt="1", touched=Touched())
    second = replace(first, position=Position({"a": (2,)}), attempt="2", touched=None)
    third = replace(first, position=Position({"a": (3,)}), attempt="3")
    for planned_on, stamp in ((None, first), (first, second), (second, third)):
        table.publish(NOTHING, stamp, planned_on)
    upstream = Upstream(spark, [RAW], "silent")
    ends = [Position({"a": (number,)}) for number in range(4)]

    assert upstream.touched(Box(ends[2], ends[3])) == {RAW: Touched()}
    assert upstream.touched(Box(ends[1], ends[3])) == {RAW: None}
    # The batch before the oldest stamp may have been anything.
    assert upstream.touched(Box(ends[0], ends[1])) == {RAW: None}
    spark.sql(f"DROP TABLE iceberg.{RAW} PURGE")


def taken(spark: SparkSession, topic: str, hour: int, *addresses: tuple[int, int]) -> DataFrame:
    """Rows of bronze at these partitions and offsets, taken in an hour of a day."""
    clock = f"timestamp'2024-05-01 {hour:02}:15:00.5Z'"
    columns = {"topic": f"'{topic}'", "partition": "partition", "offset": "offset", "processing_time": clock}
    return blank(spark.createDataFrame(list(addresses), "partition int, offset bigint"), RAW, columns)


def test_a_box_of_bronze_is_read_from_the_hours_in_which_it_arrived(spark: SparkSession, lake: LakeSettings) -> None:
    make_tables(lake, [RAW])
    groups, hours = {"orders": "a", "views": "b"}, {9: [(0, 0), (1, 0), (1, 1)], 10: [(0, 1), (1, 2), (1, 3)]}
    ends = [Position(dict.fromkeys(groups.values(), end)) for end in ((0, 0), (1, 2), (2, 4))]
    for group, topic in groups.items():
        table, planned_on = IcebergTable(spark, RAW, role=Role.OUT, group=group), None
        for end, (hour, addresses) in zip(ends[1:], hours.items(), strict=True):
            staged = table.stage(Output(taken(spark, topic, hour, *addresses)), f"{topic}{hour}")
            position = Position({topic: end[topic]})
            stamp = replace(BOX, group=group, position=position, attempt=staged.attempt, **staged.clocks())
            table.publish(staged, stamp, planned_on)
            planned_on = stamp
    bronze = SharedUpstream(spark, [RAW], list(groups))

    def read(start: Position, end: Position) -> list[tuple[str, int, int]]:
        found = spark.table(f"iceberg.{RAW}").where(bronze.rows(Box(start, end)))
        return sorted((row["topic"], row["partition"], row["offset"]) for row in found.collect())

    newest = [(topic, *address) for topic in groups.values() for address in hours[10]]
    assert read(ends[1], ends[2]) == newest
    # A row of another hour cannot be of this box, so one that has such an address is not even looked at.
    taken(spark, "a", 9, (1, 2)).writeTo(f"iceberg.{RAW}").append()
    assert read(ends[1], ends[2]) == newest
    # The batch before the oldest stamp may have arrived at any time, so everything is looked through.
    assert len(read(ends[0], ends[2])) == len(groups) * 6 + 1
    spark.sql(f"DROP TABLE iceberg.{RAW} PURGE")
