"""What a stage finds before, and after, the stage before it has published."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from pyspark.sql import SparkSession
from shoplake_contracts.errors import UpstreamNotReady
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.ports import Role, Staged
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.table_creation import make_tables
from shoplake_lake_kit.touched import Touched
from shoplake_lake_kit.vector import Counts, Position
from shoplake_spark_kit.iceberg_table import IcebergTable
from shoplake_spark_kit.upstream import SharedUpstream, Upstream, box_filter

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
