"""A lateness keeps its first digits, so that a day has few different ones however much history is sent in later."""

import pytest
from gold_batch.quality.arrivals import shortened
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

SHORTENED = {0: 0, 9: 9, 999: 999, 1_000: 1_000, 3_599: 3_590, 12_345: 12_300, 100_000: 100_000, 86_400_123: 86_400_000}


@pytest.mark.spark
def test_three_digits_are_kept(session: SparkSession) -> None:
    seconds = session.createDataFrame([(number,) for number in SHORTENED], "seconds bigint")
    found = seconds.select("seconds", shortened(F.col("seconds")).alias("shortened")).collect()
    assert {row["seconds"]: row["shortened"] for row in found} == SHORTENED


@pytest.mark.spark
def test_a_month_has_some_thousand(session: SparkSession) -> None:
    month = session.range(30 * 86_400).select(shortened(F.col("id")).alias("shortened"))
    assert month.distinct().count() < 5_000
