"""A session that is started early is the one that `open` finds; one that cannot be started says so there."""

import gc
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pyspark.sql import SparkSession
from shoplake_contracts.errors import JarsInvalid
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.table_creation import make_tables
from shoplake_spark_kit import housekeeping
from shoplake_spark_kit.iceberg_table import IcebergTable, Output
from shoplake_spark_kit.java import load_table
from shoplake_spark_kit.maintenance.expiry import expire
from shoplake_spark_kit.session import open_session, start_early
from shoplake_spark_kit.settings import SparkSettings
from shoplake_spark_kit.snapshots import find_staged
from shoplake_spark_kit.stage_job import StageJob

from .quarantined import QUARANTINE, rows, stamp, visible


class Config(BaseModel):
    """Nothing to configure."""


class Plan:
    """Refers to itself, as frames do."""

    def __init__(self) -> None:
        self.itself = self


class Planning:
    """A stage that makes one plan per step, as long as there is something to do, and may run out of memory at first."""

    def __init__(self, steps: int, failures: int = 0) -> None:
        self.left = steps
        self.failures = failures
        self.plans: list[weakref.ref[Plan]] = []
        self.met: list[int] = []

    def step(self) -> bool:
        """Plan, and drop the plan; `met` tells how many plans of earlier steps each step found alive."""
        self.met.append(sum(plan() is not None for plan in self.plans))
        if not self.left:
            return False
        plan = Plan()
        self.plans.append(weakref.ref(plan))
        if self.failures:
            self.failures -= 1
            raise MemoryError
        self.left -= 1
        return True


def job(jars: Path, lake: LakeSettings, build: Any = None, tables: Sequence[str] = ()) -> StageJob[Config]:
    return StageJob(app_name="early", spark=SparkSettings(jars_dir=jars), lake=lake, tables=tables, build=build)


def test_what_keeps_a_session_from_starting_is_told_by_open(tmp_path: Path, lake: LakeSettings) -> None:
    start_early(SparkSettings(jars_dir=tmp_path), lake, "early")
    made = job(tmp_path, lake)
    with pytest.raises(JarsInvalid, match="no jars in"):
        made.open(Config())


@pytest.mark.spark
def test_there_is_one_session_however_often_it_is_opened(
    spark: SparkSession, lake: LakeSettings, tmp_path: Path
) -> None:
    (tmp_path / "some.jar").touch()
    found: list[SparkSession] = []
    start_early(SparkSettings(jars_dir=tmp_path), lake, "early")
    made = job(tmp_path, lake, lambda session, _config: found.append(session))
    made.open(Config())
    assert found == [spark]
    assert open_session(SparkSettings(jars_dir=tmp_path), lake, "again") is spark


@pytest.mark.spark
def test_a_thread_that_finds_the_session_open_reaches_the_tables(
    spark: SparkSession, lake: LakeSettings, tmp_path: Path
) -> None:
    (tmp_path / "some.jar").touch()
    name = "ops.data_loss"
    make_tables(lake, [name])

    def looked_up() -> str:
        return str(load_table(open_session(SparkSettings(jars_dir=tmp_path), lake, "again"), name).name())

    with ThreadPoolExecutor(1) as fresh:
        assert fresh.submit(looked_up).result() == f"iceberg.{name}"
    spark.sql(f"DROP TABLE iceberg.{name} PURGE")


@pytest.fixture
def no_chance_collection() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.spark
@pytest.mark.usefixtures("no_chance_collection", "spark")
def test_plans_of_a_step_are_given_back_when_it_is_done(lake: LakeSettings, tmp_path: Path) -> None:
    (tmp_path / "some.jar").touch()
    stage = Planning(steps=2)
    made = job(tmp_path, lake, lambda _session, _config: stage)
    made.open(Config())
    assert [made.step() for _ in range(3)] == [True, True, False]
    assert [plan() for plan in stage.plans] == [None, None]


@pytest.mark.spark
@pytest.mark.usefixtures("no_chance_collection", "spark")
def test_the_try_after_a_failed_step_begins_without_its_plans(lake: LakeSettings, tmp_path: Path) -> None:
    (tmp_path / "some.jar").touch()
    stage = Planning(steps=1, failures=2)
    made = job(tmp_path, lake, lambda _session, _config: stage)
    made.open(Config())
    for _ in range(2):
        with pytest.raises(MemoryError):
            made.step()
    assert made.step()
    assert stage.met == [0, 0, 0]


@pytest.mark.spark
def test_what_a_dead_process_had_staged_is_forgotten_after_the_first_step(
    spark: SparkSession, lake: LakeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What was staged within the hour may still be published by whoever staged it.
    later = partial(expire, now=lambda: datetime.now(UTC) + timedelta(hours=2))
    monkeypatch.setattr(housekeeping, "expire", later)
    (tmp_path / "some.jar").touch()
    make_tables(lake, [QUARANTINE])
    table = IcebergTable(spark, QUARANTINE, role=Role.QUARANTINED, group="main")
    table.publish(table.stage(Output(rows(spark, 0, range(3))), "published"), stamp("published", 3), None)
    table.stage(Output(rows(spark, 0, range(3, 5))), "dead")

    def left() -> bool:
        return find_staged(load_table(spark, QUARANTINE), "dead") is not None

    boxes = Planning(steps=1)
    made = job(tmp_path, lake, lambda _session, _config: boxes, [QUARANTINE])
    made.open(Config())
    assert left()
    assert made.step()
    assert not left()
    assert visible(spark) == 3
    spark.sql(f"DROP TABLE iceberg.{QUARANTINE} PURGE")
