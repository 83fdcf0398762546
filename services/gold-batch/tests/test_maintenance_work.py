"""A maintenance run on real tables: what it says, what it counts, and that one failure does not stop the others."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from gold_batch.maintenance import COLLECTION, MaintenanceRequest
from gold_batch.maintenance_work import MaintenanceWork, unseen
from pyspark.sql import SparkSession
from shoplake_contracts.errors import StampMissing
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.table_creation import make_tables
from shoplake_lake_kit.vector import Position
from shoplake_service_kit.metrics import Metrics
from shoplake_service_kit.runs import Run, RunCancelledError, Runs, RunState
from shoplake_spark_kit.iceberg_table import IcebergTable, Output
from shoplake_spark_kit.java import load_table
from shoplake_spark_kit.maintenance.history import Snapshot

DUPLICATES, OUTCOMES = "ops.duplicates", "silver.quarantine_outcomes"
OLD = """
    SELECT '{}' AS topic, 0 AS epoch, 0 AS partition, id AS offset, 'r' AS run_id, 'discarded' AS outcome,
           CAST(NULL AS string) AS reason, timestamp'2024-05-01 10:00:00Z' AS at
    FROM range(3)
"""


def stamp(attempt: str, end: int, group: str = "main", revision: str | None = None, *, revised: bool = False) -> Stamp:
    return Stamp(
        stage="silver",
        group=group,
        writer="w",
        position=Position({"purchases": (end,)}),
        origin=Position.zero(),
        epochs={},
        topic_ids={},
        cluster="c",
        attempt=attempt,
        revision=revision,
        revised_days=(datetime(2024, 5, 1, tzinfo=UTC).date(),) if revised else (),
    )


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("gold-batch")


@pytest.fixture
def work(spark: SparkSession, metrics: Metrics) -> MaintenanceWork:
    made = MaintenanceWork("main", metrics)
    made.use(spark)
    return made


@pytest.fixture
def filled(spark: SparkSession, lake: LakeSettings) -> Iterator[None]:
    """Ten publishes of one table, two of the other, which holds nothing but small files of a closed day."""
    make_tables(lake, [DUPLICATES, OUTCOMES])
    table, newest = IcebergTable(spark, DUPLICATES, role=Role.DUPLICATES, group="main"), None
    for number in range(1, 11):
        following = stamp(f"a{number}", number)
        table.publish(table.stage(Output(None), following.attempt), following, newest)
        newest = following
    for _ in range(2):
        spark.sql(OLD).coalesce(1).writeTo(f"iceberg.{OUTCOMES}").append()
    yield
    for name in (DUPLICATES, OUTCOMES):
        spark.sql(f"DROP TABLE iceberg.{name} PURGE")


def run(work: MaintenanceWork, **wish: object) -> Run[MaintenanceRequest]:
    runs = Runs[MaintenanceRequest](COLLECTION)
    begun = runs.submit(MaintenanceRequest.model_validate({"min_files": 2, "keep_snapshots": 1, **wish}))
    assert runs.work(work)
    return begun


def counted(metrics: Metrics) -> list[str]:
    lines = metrics.render().decode().splitlines()
    return sorted(line for line in lines if line.startswith("shoplake_maintenance_runs_total{"))


@pytest.mark.spark
@pytest.mark.usefixtures("filled")
def test_every_table_is_maintained_and_reported(work: MaintenanceWork, metrics: Metrics) -> None:
    done = run(work)

    assert (done.state, done.error) == (RunState.SUCCEEDED, None)
    assert done.result is not None
    reports = json.loads(json.dumps(done.result))["tables"]
    assert reports.keys() == {DUPLICATES, OUTCOMES}
    assert reports[OUTCOMES]["compacted"] == [
        {"partition": "at_day=2024-05-01", "files_before": 2, "files_after": 1, "conflict": None}
        | {"size": reports[OUTCOMES]["compacted"][0]["size"]}
    ]
    # Younger than what is asked to be kept, so nothing has gone yet.
    assert reports[DUPLICATES]["expired"] | {"tags": {}} == {
        "published": 0, "staged": 0, "kept": {"recent": 10}, "tags": {}, "conflict": None,
    }  # fmt: skip
    assert reports[DUPLICATES]["size"]["snapshots"] == 10
    assert counted(metrics) == [
        'shoplake_maintenance_runs_total{status="succeeded",table="ops.duplicates",task="expire"} 1.0',
        'shoplake_maintenance_runs_total{status="succeeded",table="silver.quarantine_outcomes",task="compact"} 1.0',
        'shoplake_maintenance_runs_total{status="succeeded",table="silver.quarantine_outcomes",task="expire"} 1.0',
    ]
    assert 'shoplake_table_files{kind="data",table="silver.quarantine_outcomes"} 1.0' in metrics.render().decode()


@pytest.mark.spark
@pytest.mark.usefixtures("filled")
def test_a_table_that_fails_does_not_keep_the_others_waiting(
    spark: SparkSession, work: MaintenanceWork, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something else has expired the history that held the stamp of a second group, which is tagged."""
    monkeypatch.setattr("gold_batch.maintenance_work.utc_now", lambda: datetime.now(UTC) + timedelta(hours=2))
    table = load_table(spark, DUPLICATES)
    first = next(iter(table.snapshots())).snapshotId()
    table.manageSnapshots().createTag("shoplake-stamp-gone", first).commit()
    later = int((datetime.now(UTC) + timedelta(hours=1)).timestamp() * 1000)
    load_table(spark, DUPLICATES).expireSnapshots().expireOlderThan(later).retainLast(3).commit()

    done = run(work)

    assert done.error is not None
    assert (done.state, done.error.code) == (RunState.FAILED, StampMissing.code)
    assert done.progress["tables"][OUTCOMES]["expired"]["published"] == 2
    assert counted(metrics)[0] == (
        'shoplake_maintenance_runs_total{status="failed",table="ops.duplicates",task="expire"} 1.0'
    )


@pytest.mark.spark
@pytest.mark.usefixtures("filled")
def test_a_service_that_stops_ends_the_run_at_the_next_table(work: MaintenanceWork) -> None:
    work.is_stopping = lambda: True
    done = run(work, tables=[DUPLICATES])
    assert (done.state, done.result) == (RunState.CANCELLED, None)
    with pytest.raises(RunCancelledError):
        work(done)


def test_what_gold_has_not_looked_at_is_counted_from_the_newest() -> None:
    stamps = [
        stamp("a6", 6, revision="r2"),
        stamp("b1", 1, group="other"),
        stamp("a5", 5, revision="r2", revised=True),
        stamp("a4", 4, revision="r1"),
        stamp("a3", 3, revision="r1", revised=True),
        stamp("a2", 2),
    ]
    at = datetime(2024, 5, 1, tzinfo=UTC)
    ancestors = [Snapshot(number, None, at, one.to_properties()) for number, one in enumerate(stamps)]
    assert {known: unseen(ancestors, "main", known) for known in ("r2", "r1", None, "expired")} == {
        "r2": 0, "r1": 3, None: 5, "expired": 5,
    }  # fmt: skip
