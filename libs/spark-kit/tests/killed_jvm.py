"""Kills the JVM of its own job and prints what the job says then: a process of its own, for a JVM is there once only.

python killed_jvm.py CATALOG_URI WAREHOUSE JARS
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from pyspark import SparkContext
from pyspark.sql import SparkSession
from shoplake_contracts.errors import JvmGone
from shoplake_lake_kit.settings import LakeSettings
from shoplake_service_kit.job import Config
from shoplake_spark_kit.settings import SparkSettings
from shoplake_spark_kit.stage_job import StageJob


class Counting:
    """A stage that has to ask Java."""

    def __init__(self, session: SparkSession, _config: Config) -> None:
        self._session = session

    def step(self) -> bool:
        """Count a row."""
        return bool(self._session.range(1).count())


def said(call: Callable[[], object]) -> str:
    """What a call gives or, of a JVM that is gone, says."""
    try:
        return str(call())
    except JvmGone as gone:
        return str(gone)


def main(catalog_uri: str, warehouse: str, jars: str) -> None:
    """Step, kill, step, open."""
    lake = LakeSettings(catalog_uri=catalog_uri, warehouse=warehouse)
    spark = SparkSettings(jars_dir=Path(jars), driver_memory="512m")
    job = StageJob[Config](app_name="killed", spark=spark, lake=lake, tables=[], build=Counting)  # type: ignore[arg-type]  # as much of a stage as is needed
    job.open(Config())
    before = said(job.step)
    process = SparkContext._gateway.proc
    process.kill()
    process.wait()
    sys.stdout.write(json.dumps([before, said(job.step), said(lambda: job.open(Config()))]))


if __name__ == "__main__":
    main(*sys.argv[1:])
