"""The job of every Spark service: a session, its tables, and one stage that is stepped until told otherwise."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import uuid4

from py4j.protocol import Py4JJavaError
from pydantic import BaseModel
from pyspark.sql import SparkSession
from shoplake_contracts.errors import UpstreamNotReady
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stage import Stage

from shoplake_spark_kit.housekeeping import drop_leftovers
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.java import meaning
from shoplake_spark_kit.session import open_session
from shoplake_spark_kit.settings import SparkSettings
from shoplake_spark_kit.tables import ensure_tables

Config = TypeVar("Config", bound=BaseModel)


def utc_now() -> datetime:
    """The clock of a running service."""
    return datetime.now(UTC)


def new_attempt() -> str:
    """An attempt id that no other process makes."""
    return uuid4().hex


class StageJob(Generic[Config]):
    """Implements service-kit's `Job` for a stage; a service says only how its stage is built."""

    def __init__(
        self,
        *,
        app_name: str,
        spark: SparkSettings,
        lake: LakeSettings,
        tables: Sequence[str],
        build: Callable[[SparkSession, Config], Stage[Output]],
    ) -> None:
        self._app_name = app_name
        self._spark_settings = spark
        self._lake = lake
        self._tables = tables
        self._build = build
        self._session: SparkSession | None = None
        self._stage: Stage[Output] | None = None

    def open(self, config: Config) -> None:
        """Start the JVM, make the tables what their contracts say, forget staged leftovers, build the stage."""
        self._session = open_session(self._spark_settings, self._lake, self._app_name)
        with _translated():
            ensure_tables(self._session, self._tables)
            for name in self._tables:
                drop_leftovers(self._session, name)
        self._stage = self._build(self._session, config)

    def step(self) -> bool:
        """Publish one box if there is one; True when another may be waiting.

        A stage whose upstream has not published yet waits: that is the order of a first start, no fault.
        """
        if self._stage is None:
            raise RuntimeError("step before open")
        try:
            with _translated():
                return self._stage.step()
        except UpstreamNotReady:
            return False

    def close(self) -> None:
        """End the session; the JVM stays with the process for the next start."""
        self._stage = None
        if self._session is not None:
            self._session.stop()
            self._session = None

    def details(self) -> dict[str, Any]:
        """Where this job's data is, for the status."""
        return {"application": self._app_name, "tables": list(self._tables)}


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except Py4JJavaError as error:
        known = meaning(error)
        if known is None:
            raise
        raise known from error
