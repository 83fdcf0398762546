"""What a refresh of all gold tables costs: the first one of a new process, and those after it.

    python benchmarks/gold_refresh.py [--events 25000] [--days 1 12] [--heap 512m] [--refreshes 4]

A lake is filled with as many days as the longest refresh has. For every number of days a new process computes the
newest ones of every table several times and throws the rows away. One day is what a trickle costs and what a restart
waits for, twelve are a backlog; a process that holds on to what it is done with gets slower from refresh to refresh.
Printed are seconds, CPU-seconds of the JVM, seconds spent on collecting garbage, resident memory, and, to compare
machines and sizes, CPU-seconds per million events.
"""

import argparse
import gc
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
from gold_batch.frames import BASES, frames
from gold_batch.gold_tables import GOLD_TABLES
from gold_batch.quality.arrivals import TABLES
from gold_batch.terms import Terms
from gold_batch.transforms.data_quality_report import NAME as REPORT
from gold_newest_day import NEWEST, fill, session
from pyspark.sql import SparkSession
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stage_tables import GOLD
from shoplake_lake_kit.table_creation import make_tables

HEADER = "days refresh  seconds  CPU-s  garbage s    MB  CPU-s per million"


@dataclass(frozen=True)
class Cost:
    """Of one refresh."""

    seconds: float
    cpu: float
    garbage: float
    resident: int

    def line(self, days: int, number: int, events: int) -> str:
        """For the table that is printed."""
        figures = f"{self.seconds:8.1f} {self.cpu:6.1f} {self.garbage:10.1f} {self.resident >> 20:5d}"
        return f"{days:4d} {number:7d} {figures} {self.cpu * 1e6 / (events * days):18,.0f}"


def main() -> int:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=25_000, help="events of each day")
    parser.add_argument("--days", type=int, nargs="+", default=[1, 12], help="how many days are computed at once")
    parser.add_argument("--heap", default="512m", help="of the JVM, as the stack gives it to gold")
    parser.add_argument("--refreshes", type=int, default=4, help="one after the other in each process")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        lake = LakeSettings(catalog_uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/warehouse")
        in_new_process(filled, lake, asked.events, max(asked.days))
        print(HEADER)
        for days in asked.days:
            costs = in_new_process(refreshed, lake, asked.heap, days, asked.refreshes)
            for number, cost in enumerate(costs, start=1):
                print(cost.line(days, number, asked.events), flush=True)
    return 0


def in_new_process(work: Callable[..., Any], *arguments: Any) -> Any:
    """What `work` gives where no JVM has run yet."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def filled(lake: LakeSettings, events: int, days: int) -> None:
    """A lake with so many days in silver."""
    Path(lake.warehouse.removeprefix("file://")).mkdir()
    with session(lake) as spark:
        make_tables(lake, [*TABLES, *GOLD])
        fill(spark, events, days - 1)


def refreshed(lake: LakeSettings, heap: str, days: int, times: int) -> list[Cost]:
    """The newest days computed several times in this process."""
    span = [NEWEST - timedelta(days=number) for number in range(days)]
    with session(lake, heap) as spark:
        return [refresh(spark, span) for _ in range(times)]


def refresh(spark: SparkSession, days: Iterable[date]) -> Cost:
    """All rows of the given days, of every table, computed and thrown away."""
    jvm = next(child for child in psutil.Process().children(recursive=True) if "java" in child.name())
    began, cpu, garbage = time.monotonic(), cpu_seconds(jvm), garbage_seconds(spark)
    inputs = {name: spark.table(f"iceberg.{name}") for name in (*TABLES, *BASES, REPORT)}
    now = datetime.now(UTC)
    # `fill` lets everything arrive today.
    asked = {table: (now.date(),) if table.is_by_arrival else table.periods(days) for table in GOLD_TABLES}
    made = frames(inputs, asked, Terms(computed_at=now, as_of_position=""))
    for output in made.frames.values():
        if output.rows is not None:
            output.rows.write.format("noop").mode("overwrite").save()
    made.close()
    # As the service's job does after every box.
    del made, output
    gc.collect()
    seconds, resident = time.monotonic() - began, jvm.memory_info().rss
    return Cost(seconds, cpu_seconds(jvm) - cpu, garbage_seconds(spark) - garbage, resident)


def cpu_seconds(process: psutil.Process) -> float:
    """Spent so far, by the process itself."""
    spent = process.cpu_times()
    return float(spent.user + spent.system)


def garbage_seconds(spark: SparkSession) -> float:
    """Spent so far on collecting garbage."""
    beans = spark._jvm.java.lang.management.ManagementFactory.getGarbageCollectorMXBeans()  # type: ignore[union-attr]  # noqa: SLF001 - only the JVM knows
    return float(sum(beans.get(number).getCollectionTime() for number in range(beans.size()))) / 1000


if __name__ == "__main__":
    sys.exit(main())
