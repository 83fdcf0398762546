"""Opens the one Spark session of a service, wired to the Iceberg catalog by settings and to nothing else."""

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Lock, Thread

from pyspark.sql import SparkSession
from shoplake_contracts.errors import JarsInvalid
from shoplake_lake_kit.settings import LakeSettings

from shoplake_spark_kit.java import activate, remember_helpers
from shoplake_spark_kit.settings import SparkSettings

CATALOG = "iceberg"
_OPENING = Lock()
LOG4J = Path(__file__).with_name("log4j2.properties")
log = logging.getLogger(__name__)


def open_session(spark: SparkSettings, lake: LakeSettings, app_name: str) -> SparkSession:
    """Start the JVM and the session, or give the one that there is; takes 5 to 15 seconds.

    May be called from any thread, and must be in each that works with tables: who comes second waits for the first.

    Raises:
        JarsInvalid: the folder of locked jars is empty.
    """
    if not spark.classpath:
        raise JarsInvalid(f"no jars in {spark.jars_dir}")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if spark.master.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.master(spark.master).appName(app_name)
    for key, value in {**session_conf(spark), **catalog_conf(lake)}.items():
        builder = builder.config(key, value)
    with _OPENING:
        session = builder.getOrCreate()
        remember_helpers(session)
    activate(session)
    return session


def start_early(spark: SparkSettings, lake: LakeSettings, app_name: str) -> None:
    """Begin `open_session` and return at once: a JVM takes longer than to learn whether the job shall run.

    A job that shall not keeps an idle session of some 300 MB, ready for the day it shall.
    """

    def start() -> None:
        try:
            open_session(spark, lake, app_name)
        except Exception:
            # Whoever opens the job meets the same and says so where it shows: in the service's state.
            log.exception("early_start_failed")

    Thread(target=start, name="session", daemon=True).start()


def session_conf(spark: SparkSettings) -> Mapping[str, str]:
    """Spark's own options: small, headless, deterministic."""
    return {
        "spark.driver.memory": spark.driver_memory,
        "spark.driver.extraClassPath": spark.classpath,
        "spark.executor.extraClassPath": spark.classpath,
        "spark.driver.extraJavaOptions": f"{spark.jvm_options} -Dlog4j2.configurationFile={LOG4J}",
        "spark.driver.host": "127.0.0.1" if spark.master.startswith("local") else "",
        "spark.driver.bindAddress": "127.0.0.1" if spark.master.startswith("local") else "0.0.0.0",  # noqa: S104 - executors elsewhere have to reach the driver
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # The session speaks UTC, or a laptop's zone would move events to other days.
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        # ICU's tables of letters take 4 CPU-seconds to build: in every process, by the first upper() or lower().
        "spark.sql.icu.caseMappings.enabled": "false",
        # Recording a call site for every expression doubles the time a wide plan takes to build.
        "spark.python.sql.dataFrameDebugging.enabled": "false",
        # A box of silver needs 160 generated classes; with the 100 of the default each is compiled anew in every box.
        "spark.sql.codegen.cache.maxEntries": "2000",
        "spark.sql.shuffle.partitions": str(spark.shuffle_partitions),
        "spark.sql.adaptive.coalescePartitions.enabled": "true",
        "spark.sql.sources.parallelPartitionDiscovery.threshold": "1000",
        "spark.cleaner.periodicGC.interval": "5min",
        # What is planned side by side shares the cores, job by job; the first to come would have them all.
        "spark.scheduler.mode": "FAIR",
        # With more than 128 groups the other aggregation sorts what comes, even where it comes sorted from a window.
        "spark.sql.execution.useObjectHashAggregateExec": "false",
        # Kept rows go to disk when a task needs memory; with the half that is theirs by default, tasks run out of it.
        "spark.memory.storageFraction": "0.1",
        **_remembered(),
    }


def _remembered() -> Mapping[str, str]:
    """How little a session keeps of what it has done: nobody looks at it, and a thousand plans fill a small heap."""
    return {
        "spark.sql.ui.retainedExecutions": "5",
        "spark.ui.retainedJobs": "50",
        "spark.ui.retainedStages": "50",
        "spark.ui.retainedTasks": "200",
        "spark.sql.ui.explainMode": "simple",
        "spark.sql.maxPlanStringLength": "1000",
    }


def catalog_conf(lake: LakeSettings) -> Mapping[str, str]:
    """The catalog `iceberg` for one of the three tested kinds: sqlite, postgresql, rest."""
    root = f"spark.sql.catalog.{CATALOG}"
    kind = (
        {f"{root}.type": "rest", f"{root}.uri": lake.catalog_uri}
        if lake.catalog == "rest"
        else {f"{root}.type": "jdbc", f"{root}.uri": jdbc_uri(lake), f"{root}.jdbc.schema-version": "V1"}
    )
    return {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        root: "org.apache.iceberg.spark.SparkCatalog",
        f"{root}.warehouse": lake.warehouse,
        # Stamps decide what is published: a cached table would show an old one.
        f"{root}.cache-enabled": "false",
        **kind,
    }


def jdbc_uri(lake: LakeSettings) -> str:
    """The JDBC form of the catalog URI that PyIceberg takes in SQLAlchemy's form."""
    if lake.catalog == "sqlite":
        path = lake.catalog_uri.removeprefix("sqlite:///")
        return f"jdbc:sqlite:{path}?busy_timeout=30000&journal_mode=WAL"
    scheme, _, rest = lake.catalog_uri.partition("://")
    credentials, at, server = rest.rpartition("@")
    user, _, password = credentials.partition(":")
    suffix = f"?user={user}&password={password}" if at else ""
    return f"jdbc:{scheme.partition('+')[0]}://{server}{suffix}"
