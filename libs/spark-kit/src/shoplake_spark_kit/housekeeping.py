"""What a stage does for its tables by itself, so that they stay usable also where maintenance is off."""

import logging

from pyspark.sql import SparkSession
from shoplake_contracts.errors import StampMissing

from shoplake_spark_kit.java import load_table
from shoplake_spark_kit.maintenance.expiry import expire
from shoplake_spark_kit.maintenance.retention import Keep

# With maintenance on a table has fewer: those of ten minutes, and those since the last run.
LONG_HISTORY = 1_500
EVERYTHING = 1_000_000_000
log = logging.getLogger(__name__)


def drop_leftovers(spark: SparkSession, name: str) -> None:
    """Delete what was staged and can no longer be published; the published history stays as it is."""
    expire(spark, name, Keep(last=EVERYTHING))


def trim(spark: SparkSession, name: str, *, long: int = LONG_HISTORY) -> None:
    """Shorten a long history, or every commit writes all of it again. Files are left to maintenance."""
    if load_table(spark, name).operations().current().snapshots().size() <= long:
        return
    try:
        expire(spark, name, clean_files=False)
    except StampMissing as error:
        # Of another group, since this one has just published: its own stage refuses, this one only gets slower.
        log.warning("history_stays_long table=%s reason=%s", name, error.message)
