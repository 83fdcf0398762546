"""Compaction beside the real publish: closed partitions only, rows and stamps untouched, conflicts give way."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import SparkSession
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.table_creation import make_tables
from shoplake_spark_kit.iceberg_table import IcebergTable, Output
from shoplake_spark_kit.java import load_table
from shoplake_spark_kit.maintenance.compaction import Manifests, compact, rewrite_manifests
from shoplake_spark_kit.maintenance.partitions import small_file_partitions
from shoplake_spark_kit.maintenance.retention import Keep
from shoplake_spark_kit.maintenance.upkeep import Report, Wish, maintain

from .quarantined import QUARANTINE, blank, rows, stamp, visible

pytestmark = pytest.mark.spark
TODAY = datetime(2024, 5, 3, 0, 30, tzinfo=UTC)
WISH = Wish(keep=Keep(), partitions=1, min_files=3)


@pytest.fixture
def table(spark: SparkSession, lake: LakeSettings) -> Iterator[IcebergTable]:
    make_tables(lake, [QUARANTINE])
    yield IcebergTable(spark, QUARANTINE, role=Role.QUARANTINED, group="main")
    spark.sql(f"DROP TABLE iceberg.{QUARANTINE} PURGE")


@pytest.fixture(scope="module")
def aside(spark: SparkSession) -> SparkSession:
    """The session of maintenance: a staging session's `spark.wap.id` is not in it."""
    return spark.newSession()


def publish(spark: SparkSession, table: IcebergTable, days: list[str]) -> Stamp:
    """One batch of one row per named day, on top of whatever is there."""
    newest = table.newest_stamp()
    end = (newest.position.at("purchases", 0) if newest else 0) + 1
    frames = [rows(spark, 0, range(end, end + 1), f"{day} 12:00:00Z") for day in days]
    frame = frames[0]
    for other in frames[1:]:
        frame = frame.union(other)
    following = stamp(f"a{end}", end)
    table.publish(table.stage(Output(frame.coalesce(1)), following.attempt), following, newest)
    return following


def files(spark: SparkSession) -> dict[str, int]:
    found = spark.sql(
        f"SELECT partition.first_seen_day AS day, count(*) AS n FROM iceberg.{QUARANTINE}.files GROUP BY 1"
    )
    return {row["day"].isoformat(): row["n"] for row in found.collect()}


def run(aside: SparkSession, wish: Wish, steps: list[str] | None = None, now: datetime = TODAY) -> Report:
    report = Report(QUARANTINE)
    passing = (steps if steps is not None else []).append
    maintain(aside, report, wish, clock=lambda: now, passing=passing, still=lambda: None)
    return report


def test_only_closed_days_are_compacted_and_no_more_than_the_budget(
    spark: SparkSession, table: IcebergTable, aside: SparkSession
) -> None:
    for _ in range(3):
        publish(spark, table, ["2024-05-01", "2024-05-02", "2024-05-03"])
    newest = publish(spark, table, ["2024-05-02"])
    steps: list[str] = []

    report = run(aside, WISH, steps)

    assert files(spark) == {"2024-05-01": 3, "2024-05-02": 1, "2024-05-03": 3}
    done = report.compacted[0]
    assert (done.partition, done.files_before, done.files_after) == ("first_seen_day=2024-05-02", 4, 1)
    assert (len(report.compacted), report.over_budget, report.manifests) == (1, 1, None)
    assert (visible(spark), table.newest_stamp()) == (10, newest)
    assert steps == ["before_compact", "after_compact", "after_tag", "before_expire", "after_expire"]
    assert report.size is not None
    assert report.size.data_files == 7
    assert publish(spark, table, ["2024-05-02"]) == table.newest_stamp()


def test_compaction_is_never_staged_though_the_stage_stages(
    spark: SparkSession, table: IcebergTable, aside: SparkSession
) -> None:
    for _ in range(3):
        publish(spark, table, ["2024-05-01"])
    spark.conf.set("spark.wap.id", "in-hand")
    try:
        run(aside, WISH)
    finally:
        spark.conf.unset("spark.wap.id")
    assert files(spark) == {"2024-05-01": 1}
    assert "shoplake.position" not in dict(load_table(spark, QUARANTINE).currentSnapshot().summary())


def test_an_overwrite_that_comes_first_wins(
    spark: SparkSession, table: IcebergTable, aside: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rewrite is planned on the table as it was before the day was overwritten."""
    for _ in range(3):
        publish(spark, table, ["2024-05-01"])
    planned_on = load_table(aside, QUARANTINE)
    partition = small_file_partitions(aside, QUARANTINE, min_files=3, now=TODAY)[0]
    content = blank(spark.range(1), QUARANTINE, {"first_seen": "timestamp'2024-05-01 13:00:00Z'", "offset": "99"})
    content.writeTo(f"iceberg.{QUARANTINE}").overwritePartitions()

    monkeypatch.setattr("shoplake_spark_kit.maintenance.compaction.load_table", lambda *_: planned_on)
    done = compact(aside, QUARANTINE, partition, min_files=3)

    assert done.conflict is not None
    assert (done.files_before, done.files_after) == (3, 3)
    assert [row["offset"] for row in spark.table(f"iceberg.{QUARANTINE}").collect()] == [99]


def test_a_batch_staged_before_a_maintenance_run_is_published_after_it(
    spark: SparkSession, table: IcebergTable, aside: SparkSession
) -> None:
    for _ in range(3):
        newest = publish(spark, table, ["2024-05-01"])
    staged = table.stage(Output(rows(spark, 0, range(50, 55), "2024-05-01 12:00:00Z").coalesce(1)), "a9")
    report = run(aside, Wish(keep=Keep(last=1), min_files=2), now=datetime.now(UTC) + timedelta(minutes=20))
    table.publish(staged, stamp("a9", 55), newest)

    assert report.expired is not None
    # The three batches were staged before they were published; the last stamp is tagged.
    assert (report.expired.published, report.expired.staged) == (2, 3)
    assert files(spark) == {"2024-05-01": 2}
    assert visible(spark) == 8


def test_closed_hours_of_bronze_are_found_by_topic(
    spark: SparkSession, lake: LakeSettings, aside: SparkSession
) -> None:
    name = "bronze.raw_events"
    make_tables(lake, [name])
    for minute in (10, 20):
        for topic in ("purchases", "it's"):
            values = {"topic": f'"{topic}"', "processing_time": f"timestamp'2024-05-03 00:{minute}:00Z'"}
            blank(spark.range(2).coalesce(1), name, values).writeTo(f"iceberg.{name}").append()

    def found(hour: int) -> list[str]:
        now = datetime(2024, 5, 3, hour, 59, tzinfo=UTC)
        return sorted(one.path for one in small_file_partitions(aside, name, min_files=2, now=now))

    assert found(0) == []
    assert found(1) == [f"topic={topic}/processing_time_hour=2024-05-03-00" for topic in ("it's", "purchases")]
    for partition in small_file_partitions(aside, name, min_files=2, now=datetime(2024, 5, 3, 1, tzinfo=UTC)):
        assert compact(aside, name, partition, min_files=2).files_after == 1
    counted = spark.table(f"iceberg.{name}").groupBy("topic").count().collect()
    spark.sql(f"DROP TABLE iceberg.{name} PURGE")
    assert {row["topic"]: row["count"] for row in counted} == {"purchases": 4, "it's": 4}


def test_many_manifests_become_few(spark: SparkSession, table: IcebergTable, aside: SparkSession) -> None:
    for _ in range(4):
        newest = publish(spark, table, ["2024-05-01"])
    assert rewrite_manifests(aside, QUARANTINE, above=4) is None
    assert rewrite_manifests(aside, QUARANTINE, above=3) == Manifests(before=4, after=1)
    assert (visible(spark), table.newest_stamp()) == (4, newest)
