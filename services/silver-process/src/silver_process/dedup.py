"""Finds the copies among valid events: the same event_id on the same day (UTC) at another address.

The work follows the number of suspects, not of events: events are compared by a 64-bit hash first, and only those whose
hash occurs twice, in the box or in the table, are looked at by their ids. A false suspect costs a little time; a copy
cannot hide, because equal ids have equal hashes.
"""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from silver_process.routing import ADDRESS


def keys(rows: DataFrame, table: str, *more: str) -> DataFrame:
    """The key and address of each row, for `verdicts`.

    Args:
        rows: event_id, timestamp and address.
        table: the table they are in, or are going to.
        more: further columns to take along.
    """
    day, hashed = "to_date(timestamp) AS day", f"xxhash64('{table}', event_id) AS hash"
    return rows.selectExpr(f"'{table}' AS table", "event_id", day, *ADDRESS, *more, hashed)


def seen(box: DataFrame, existing: DataFrame) -> DataFrame:
    """The rows of the tables that may have an id of the box; few, and needed twice: worth keeping.

    Args:
        box: `keys` of the box's valid events, all tables together.
        existing: `keys` of what the tables hold on the days of the box.
    """
    return existing.join(F.broadcast(box.select("hash")), "hash", "left_semi")


def verdicts(box: DataFrame, seen_rows: DataFrame) -> DataFrame:
    """What is to be said about the valid events of a box.

    Args:
        box: `keys` of the box's valid events with their ingested_at, all tables together.
        seen_rows: of `seen`.

    Returns:
        A few rows: table, event_id, address and ingested_at of an event, `kept_*` (the address of the event it is a
        copy of, NULL when it is none) and `id_conflict` (the box has the same id on another day). The row that the
        table has wins, then the lowest address. An event is never a copy of itself: a box that is done again gets the
        same verdicts.
    """
    repeated = box.groupBy("hash").agg(F.count("*").alias("times")).where("times > 1").select("hash")
    suspects = repeated.union(seen_rows.select("hash"))
    mine = box.join(F.broadcast(suspects), "hash", "left_semi").withColumn("in_box", F.lit(1))
    candidates = mine.unionByName(seen_rows.withColumn("in_box", F.lit(0)), allowMissingColumns=True)
    same = Window.partitionBy("table", "event_id", "day").orderBy("in_box", *ADDRESS)
    same_id = Window.partitionBy("table", "event_id")
    in_box_day = F.when(F.col("in_box") == 1, F.col("day"))
    judged = candidates.select(
        "*",
        F.first(F.struct(*ADDRESS)).over(same).alias("first"),
        (F.min(in_box_day).over(same_id) < F.max(in_box_day).over(same_id)).alias("id_conflict"),
    )
    copied = f"first <> struct({', '.join(ADDRESS)})"
    told = judged.where(f"in_box = 1 AND ({copied} OR id_conflict)")
    kept = (f"CASE WHEN {copied} THEN first.{name} END AS kept_{name}" for name in ADDRESS)
    return told.selectExpr("table", "event_id", *ADDRESS, "ingested_at", *kept, "id_conflict")
