"""What the newest day of gold costs with a year of history behind it, as a multiple of what it costs with one day.

    python benchmarks/gold_newest_day.py [--events 4000] [--history 365] [--times 5]

Two lakes with the same newest day are filled: one has nothing else, the other so many days before it. The newest day of
every gold table is read from them, computed and thrown away; the least of several times is compared.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from gold_batch.frames import BASES
from gold_batch.quality.arrivals import TABLES
from gold_batch.settings import GoldConfig, Settings
from gold_batch.work import GoldWork
from pyspark.sql import DataFrame, SparkSession
from shoplake_cli.jars.cache import require
from shoplake_contracts import tables
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stage_tables import GOLD, SILVER
from shoplake_lake_kit.table_creation import make_tables
from shoplake_spark_kit.session import open_session
from shoplake_spark_kit.settings import SparkSettings
from shoplake_spark_kit.upstream import Upstream

PROMISED = 1.2
NEWEST = date(2025, 6, 1)
POSITION = "{}"
# Per table the share of a day's events, and what its columns are made of; `n` numbers a day's events of the table.
COLUMNS = {
    "event_id": "uuid()",
    "timestamp": "timestamp(day) + make_interval(0, 0, 0, 0, 0, 0, n * 86399 DIV {events})",
    "visitor_id": "concat('u', n % 900)",
    "user_id": "IF(n % 4 = 0, NULL, concat('u', n % 900))",
    "product_id": "concat('p', n % 200)",
    "page_type": "'product_detail'",
    "is_bot": "false",
    "channel": "IF(n % 5 = 0, 'email', NULL)",
    "total_value": "CAST(n % 90 AS decimal(18, 4))",
    "total_amount": "CAST(20 + n % 90 AS decimal(18, 4))",
    "currency": "'USD'",
    "order_id": "concat(day, '-', n)",
    "items": "array(named_struct('product_id', concat('p', n % 200), 'product_name', 'a thing', 'category', 'things', "
    "'brand', 'none', 'quantity', 1L, 'unit_price', CAST(20 + n % 90 AS decimal(18, 4)), "
    "'total_price', CAST(20 + n % 90 AS decimal(18, 4))))",
}
SHARES = {"silver.page_views": 0.7, "silver.cart_events": 0.2, "silver.purchases": 0.1}
KINDS = {
    "silver.page_views": "'page_view'",
    "silver.cart_events": "'add_to_cart'",
    "silver.purchases": "IF(n % 20 = 7, 'refund', 'purchase')",
}
DEFAULTS = {"string": "''", "int": "1", "bigint": "1L", "boolean": "false", "array<string>": "array()"}


def main() -> int:
    """Measure, print the ratio, and fail if it is above three times what is promised."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=4_000, help="events of each day")
    parser.add_argument("--history", type=int, default=365, help="days before the newest one, in the second lake")
    parser.add_argument("--times", type=int, default=5, help="how often each lake is measured")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        one = least(Path(folder) / "short", asked.events, 0, asked.times)
        many = least(Path(folder) / "long", asked.events, asked.history, asked.times)
    for name in GOLD:
        print(f"{name:32} {one[name]:5.1f} s with 1 day, {many[name]:5.1f} s with {asked.history} days before it")
    ratio = sum(many.values()) / sum(one.values())
    print(f"ratio {ratio:.2f} (promised at most {PROMISED})")
    return 0 if ratio <= 3 * PROMISED else 1


def least(home: Path, events: int, history: int, times: int) -> dict[str, float]:
    """Per table the least of several times, in seconds, of its newest day in a lake of its own."""
    home.mkdir()
    lake = LakeSettings(catalog_uri=f"sqlite:///{home}/catalog.db", warehouse=f"file://{home}/warehouse")
    with session(lake) as spark:
        make_tables(lake, [*TABLES, *GOLD])
        fill(spark, events, history)
        work = GoldWork(spark, Settings(lake=lake), GoldConfig(), Upstream(spark, list(SILVER), "main"))
        first = NEWEST - timedelta(days=history)
        for name in BASES:
            write(work, name, first, publish=True)
        newest_day(work)  # unmeasured: a cold JVM would make the first lake look slow
        measured = [newest_day(work) for _ in range(times)]
        return {name: min(one[name] for one in measured) for name in GOLD}


@contextmanager
def session(lake: LakeSettings, heap: str = "1g") -> Iterator[SparkSession]:
    """Spark as gold-batch has it."""
    spark = open_session(SparkSettings(jars_dir=require() / "spark", driver_memory=heap), lake, "bench")
    try:
        yield spark
    finally:
        spark.stop()


def fill(spark: SparkSession, events: int, history: int) -> None:
    """The newest day and as many days of history, in silver."""
    days = spark.range(history + 1).selectExpr(f"date_sub(DATE'{NEWEST}', CAST(id AS int)) AS day")
    for name, share in SHARES.items():
        count = int(events * share)
        numbered = days.crossJoin(spark.range(count).withColumnRenamed("id", "n"))
        columns = [_column(name, column.name, column.type, nullable=column.nullable) for column in _contract(name)]
        rows = numbered.selectExpr(*(text.format(events=count) for text in columns))
        append(rows, name)


def append(rows: DataFrame, name: str) -> None:
    """Write many days with one file open at a time: a year of open files would fill the heap."""
    writer = rows.writeTo(f"iceberg.{name}")
    writer.option("distribution-mode", "hash").option("fanout-enabled", "false").append()


def _contract(name: str) -> tuple[tables.Column, ...]:
    return tables.load()[name].columns


def _column(table: str, name: str, type_: str, *, nullable: bool) -> str:
    if name == "event_type":
        return f"{KINDS[table]} AS event_type"
    known = COLUMNS.get(name)
    if known is None:
        filler = "current_timestamp()" if type_ == "timestamp" else DEFAULTS.get(type_)
        known = f"CAST(NULL AS {type_})" if nullable or filler is None else filler
    return f"CAST({known} AS {type_}) AS `{name}`"


def newest_day(work: GoldWork) -> dict[str, float]:
    """Per table the seconds until its newest day is computed and written."""
    return {name: write(work, name, NEWEST, publish=False) for name in GOLD}


def write(work: GoldWork, name: str, first: date, *, publish: bool) -> float:
    """Seconds until the days from the first to the newest are computed and written, into the table or into nothing."""
    began = time.monotonic()
    days = [first + timedelta(days=number) for number in range((NEWEST - first).days + 1)]
    made = work.rebuilt(name, days, POSITION)
    rows = made.frames[name].rows
    if rows is not None:
        if publish:
            append(rows, name)
        else:
            rows.write.format("noop").mode("overwrite").save()
    made.close()
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
