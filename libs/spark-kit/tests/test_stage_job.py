"""A session that is started early is the one that `open` finds; one that cannot be started says so there."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pyspark.sql import SparkSession
from shoplake_contracts.errors import JarsInvalid
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.table_creation import make_tables
from shoplake_spark_kit.java import load_table
from shoplake_spark_kit.session import open_session
from shoplake_spark_kit.settings import SparkSettings
from shoplake_spark_kit.stage_job import StageJob


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


def job(jars: Path, lake: LakeSettings, build: Any = None) -> StageJob[Config]:
    return StageJob(app_name="early", spark=SparkSettings(jars_dir=jars), lake=lake, tables=[], build=build)


def test_what_keeps_a_session_from_starting_is_told_by_open(tmp_path: Path, lake: LakeSettings) -> None:
    made = job(tmp_path, lake)
    asyncio.run(made.start_early())
    with pytest.raises(JarsInvalid, match="no jars in"):
        made.open(Config())


@pytest.mark.spark
def test_there_is_one_session_however_often_it_is_opened(
    spark: SparkSession, lake: LakeSettings, tmp_path: Path
) -> None:
    (tmp_path / "some.jar").touch()
    found: list[SparkSession] = []
    made = job(tmp_path, lake, lambda session, _config: found.append(session))
    asyncio.run(made.start_early())
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
