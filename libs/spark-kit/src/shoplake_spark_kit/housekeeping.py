"""Keeps a table's metadata small while a stage runs: commits stay quick however long it has been up.

Only metadata is touched. Files are left to maintenance, which knows every reader: a stage that deleted the files of a
staged snapshot could take them from under a second writer that is about to publish them.
"""

from datetime import UTC, datetime, timedelta

from pyspark.sql import SparkSession

from shoplake_spark_kit.java import load_table

KEEP_SNAPSHOTS = 100
KEEP_FOR = timedelta(minutes=10)


def trim(spark: SparkSession, name: str, *, keep: int = KEEP_SNAPSHOTS, keep_for: timedelta = KEEP_FOR) -> None:
    """Forget staged snapshots and old published ones; the newest `keep` and all younger than `keep_for` stay."""
    oldest = datetime.now(UTC) - keep_for
    expiry = load_table(spark, name).expireSnapshots().expireOlderThan(int(oldest.timestamp() * 1000))
    expiry.retainLast(keep).cleanExpiredFiles(False).commit()  # noqa: FBT003 - Java has no keyword arguments
