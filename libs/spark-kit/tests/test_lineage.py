"""What is cut is computed once, kept as bytes that may go to disk, and given back."""

from contextlib import ExitStack

import pytest
from pyspark.sql import DataFrame, SparkSession
from shoplake_spark_kit.lineage import cut, keeping, release

pytestmark = pytest.mark.spark


def storage_levels(session: SparkSession) -> dict[int, str]:
    """RDD → how it is kept, as Spark tells it."""
    kept = session.sparkContext._jsc.getPersistentRDDs()
    return {number: str(kept[number].getStorageLevel().description()) for number in kept}


def new(session: SparkSession, before: dict[int, str]) -> list[str]:
    return [level for number, level in storage_levels(session).items() if number not in before]


def numbers(session: SparkSession) -> DataFrame:
    return session.range(0, 1_000, 1, 8)


def test_a_cut_frame_is_kept_as_bytes_and_on_disk_where_they_are_too_many(session: SparkSession) -> None:
    before = storage_levels(session)
    leaf = cut(numbers(session))
    assert leaf.count() == 1_000
    assert new(session, before) == ["Disk Memory Serialized 1x Replicated"]
    release(leaf)
    assert new(session, before) == []


def test_it_has_no_more_partitions_than_there_are_cores(session: SparkSession) -> None:
    leaf = cut(numbers(session))
    assert leaf.rdd.getNumPartitions() == min(8, session.sparkContext.defaultParallelism)
    release(leaf)


def test_what_is_held_is_given_back_together(session: SparkSession) -> None:
    before = storage_levels(session)
    with ExitStack() as held:
        keep = keeping(held)
        assert [keep(numbers(session)).count() for _ in range(2)] == [1_000, 1_000]
        assert len(new(session, before)) == 2
    assert new(session, before) == []
