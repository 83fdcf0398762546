"""Fixtures that every package's tests share: one Spark session per test process, with a catalog of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from shoplake_cli.jars.cache import require
from shoplake_lake_kit.settings import LakeSettings
from shoplake_spark_kit.session import open_session
from shoplake_spark_kit.settings import SparkSettings


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> LakeSettings:
    """An empty SQLite catalog and a warehouse beside it."""
    home: Path = tmp_path_factory.mktemp("lake")
    return LakeSettings(catalog_uri=f"sqlite:///{home}/catalog.db", warehouse=f"file://{home}/warehouse")


@pytest.fixture(scope="session")
def spark(lake: LakeSettings) -> Iterator[SparkSession]:
    """The session that the services open, on one core pair and a small heap."""
    session = open_session(SparkSettings(jars_dir=require() / "spark", driver_memory="768m"), lake, "tests")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def session(spark: SparkSession) -> SparkSession:
    """The run's one session, with options of its own: compiling a plan for a handful of rows takes longer than it."""
    own = spark.newSession()
    for key, value in {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
    }.items():
        own.conf.set(key, value)
    return own
