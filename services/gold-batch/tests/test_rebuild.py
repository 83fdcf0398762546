"""Runs that somebody asks for, on real tables: days computed anew, and what a run says of itself."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from gold_batch.quality.arrivals import TABLES
from gold_batch.rebuild import COLLECTION, Rebuild, RebuildRequest
from gold_batch.settings import GoldConfig, Settings
from gold_batch.work import GoldWork
from pydantic import ValidationError
from pyspark.sql import SparkSession
from shoplake_contracts import tables
from shoplake_lake_kit.batch import Frames
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.reader import load_table, open_catalog, scan_arrow, stamps
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stage import Limits, Stage
from shoplake_lake_kit.stage_tables import GOLD, SILVER
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.table_creation import make_tables
from shoplake_lake_kit.vector import Position
from shoplake_service_kit.runs import Run, Runs
from shoplake_spark_kit.iceberg_table import IcebergTable, Output
from shoplake_spark_kit.planning import COMPILED_FROM, compile_for
from shoplake_spark_kit.upstream import Upstream

pytestmark = pytest.mark.spark
DAY = "2025-03-01"
SALES, CUSTOMERS, CUSTOMER_DAYS = "gold.daily_sales_summary", "gold.daily_customer_analytics", "gold.customer_days"
PURCHASES = [
    {
        "table": "silver.purchases",
        "timestamp": f"{DAY}T10:00:00Z",
        "order_id": "a",
        "total_amount": "10",
        "user_id": "u",
    },
    {"table": "silver.purchases", "timestamp": "2025-03-03T10:00:00Z", "order_id": "b", "total_amount": "5"},
]
Rows = Callable[[Iterable[Mapping[str, Any]]], dict[str, pa.Table]]


@pytest.fixture(scope="module")
def silver(spark: SparkSession, lake: LakeSettings, rows: Rows) -> Iterator[None]:
    """Two purchases that gold has not seen, in tables that gold has published up to their position."""
    compile_for(spark, 1)
    make_tables(lake, [*TABLES, *GOLD])
    frame = spark.createDataFrame(rows(map(filled, PURCHASES))["silver.purchases"])
    frame.writeTo("iceberg.silver.purchases").append()
    for name in GOLD:
        table = IcebergTable(spark, name, role=Role.DERIVED, group="main")
        table.publish(table.stage(Output(None), "first"), stamp("first"), None)
    yield
    for name in (*TABLES, *GOLD):
        spark.sql(f"DROP TABLE iceberg.{name} PURGE")
    compile_for(spark, COMPILED_FROM)


def filled(row: dict[str, Any]) -> dict[str, Any]:
    """With a value in every column that must have one."""
    whole: dict[str, Any] = {"currency": "USD", "event_type": "purchase", "visitor_id": row.get("user_id", "g"), **row}
    whole.setdefault("event_id", row["order_id"])
    for column in tables.load()["silver.purchases"].columns:
        if not column.nullable and column.name not in whole:
            of_type = {"string": "", "timestamp": row["timestamp"], "array<string>": []}
            whole[column.name] = of_type.get(column.type, 1)
    return whole


def stamp(attempt: str) -> Stamp:
    return Stamp(
        stage="gold", group="main", writer="w", position=Position({"purchases": (2,)}), origin=Position.zero(),
        epochs={}, topic_ids={}, cluster="c", attempt=attempt,
    )  # fmt: skip


@pytest.fixture
def stage(spark: SparkSession, lake: LakeSettings, silver: None) -> Stage[Output]:  # noqa: ARG001 - the tables
    settings = Settings(lake=lake)
    upstream = Upstream(spark, list(SILVER), "main")
    return Stage(
        name="gold",
        group="main",
        writer="this one",
        broker=upstream,
        tables=[IcebergTable(spark, name, role=role, group="main") for name, role in GOLD.items()],
        work=GoldWork(spark, settings, GoldConfig(), upstream),
        limits=Limits(),
        announce=lambda _: None,
    )


def run(stage: Stage[Output], **wish: object) -> Run[RebuildRequest]:
    work, runs = stage.work, Runs[RebuildRequest](COLLECTION)
    assert isinstance(work, GoldWork)
    begun = runs.submit(RebuildRequest.model_validate(wish))
    assert runs.work(lambda one: Rebuild(work.rebuilt, work.known_days, work.days_with_events)(stage, one))
    return begun


def table(lake: LakeSettings, name: str) -> list[dict[str, Any]]:
    with open_catalog(lake) as catalog:
        return scan_arrow(load_table(catalog, name)).sort_by("partition_date").to_pylist()


def test_days_are_computed_and_nothing_else_moves(stage: Stage[Output], lake: LakeSettings) -> None:
    done = run(stage, tables=[SALES, CUSTOMERS, CUSTOMER_DAYS], **{"from": DAY, "to": DAY})

    assert (done.state, done.error) == ("SUCCEEDED", None)
    assert done.result == {
        "from": DAY,
        "to": DAY,
        "tables": {name: {"days": 1, "rows": 1} for name in (CUSTOMER_DAYS, CUSTOMERS, SALES)},
    }
    (summary,) = table(lake, SALES)
    assert (summary["partition_date"], summary["gross_revenue"]) == (date(2025, 3, 1), Decimal(10))
    assert (summary["new_customers"], summary["as_of_position"]) == (1, '{"purchases":[2]}')
    with open_catalog(lake) as catalog:
        newest = next(stamps(load_table(catalog, SALES)))[1]
    assert (newest.position, newest.revision, newest.writer) == (Position({"purchases": (2,)}), done.id, "this one")


def test_every_table_by_default_and_every_known_day(stage: Stage[Output], lake: LakeSettings) -> None:
    done = run(stage, **{"from": DAY, "to": "2025-03-03"})
    assert done.result is not None
    assert list(done.result["tables"]) == list(GOLD)
    assert [row["cohort_size"] for row in table(lake, "gold.customer_cohorts")] == [1]
    # The 2nd had no event: nobody is told what its products and customers were.
    assert [row["partition_date"].day for row in table(lake, "gold.product_analytics")] == []
    assert [row["partition_date"].day for row in table(lake, "gold.daily_customer_analytics")] == [1, 3]
    first = [{**row, "computed_at": None} for row in table(lake, SALES)]
    assert [row["gross_revenue"] for row in first] == [Decimal(10), Decimal(5)]

    again = run(stage, tables=[SALES])
    assert again.result is not None
    assert (again.result["from"], again.result["to"]) == (DAY, "2025-03-03")
    assert [{**row, "computed_at": None} for row in table(lake, SALES)] == first


def test_a_cancelled_run_has_done_whole_tables(stage: Stage[Output]) -> None:
    work, runs = stage.work, Runs[RebuildRequest](COLLECTION)
    assert isinstance(work, GoldWork)
    begun = runs.submit(RebuildRequest.model_validate({"from": DAY, "to": DAY}))

    def rows(name: str, days: Collection[date], position: str) -> Frames[Output]:
        runs.cancel(begun.id)
        return work.rebuilt(name, days, position)

    runs.work(lambda one: Rebuild(rows, work.known_days, work.days_with_events)(stage, one))
    assert (begun.state, list(begun.progress["tables"])) == ("CANCELLED", [CUSTOMER_DAYS])


def test_nothing_known_and_no_days_named_fails_with_what_to_do() -> None:
    runs = Runs[RebuildRequest](COLLECTION)
    begun = runs.submit(RebuildRequest())
    runs.work(lambda one: Rebuild(None, set, None)(None, one))  # type: ignore[arg-type]  # it fails before it needs them
    assert begun.error is not None
    assert (begun.state, begun.error.code) == ("FAILED", "invalid_request")
    assert "Name `from` and `to`" in begun.error.remedy


@pytest.mark.parametrize(
    "wish",
    [{"tables": ["gold.secrets"]}, {"from": "2025-03-02", "to": "2025-03-01"}, {"from": "1900-01-01", "to": DAY}],
)
def test_a_wish_that_cannot_be_done_is_refused_at_once(wish: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RebuildRequest.model_validate(wish)
