"""The job of every Spark service: a session, its tables, and one stage that is stepped until told otherwise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import uuid4

from pydantic import BaseModel
from pyspark.sql import SparkSession
from shoplake_contracts.errors import UpstreamNotReady
from shoplake_lake_kit.plan import is_open
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stage import Stage

from shoplake_spark_kit.housekeeping import drop_leftovers
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.java import translated
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


@dataclass(frozen=True)
class Errand:
    """Work of a service beside its boxes, such as a replay; done between two of them, so that writers never race.

    Attributes:
        due: Whether there is something to do; asked before every box, so it answers from memory.
        run: Does it. What it raises ends the step as a failed box would.
    """

    due: Callable[[], bool]
    run: Callable[[], None]


def no_errands(_session: SparkSession, _config: Any, _stage: Stage[Output]) -> Sequence[Errand]:
    """Most stages have nothing to do beside their boxes."""
    return ()


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
        errands: Callable[[SparkSession, Config, Stage[Output]], Sequence[Errand]] = no_errands,
    ) -> None:
        self._app_name = app_name
        self._spark_settings = spark
        self._lake = lake
        self._tables = tables
        self._build = build
        self._build_errands = errands
        self._errands: Sequence[Errand] = ()
        self._session: SparkSession | None = None
        self._stage: Stage[Output] | None = None

    def open(self, config: Config) -> None:
        """Start the JVM, make the tables what their contracts say, forget staged leftovers, build the stage."""
        self._session = open_session(self._spark_settings, self._lake, self._app_name)
        with translated():
            ensure_tables(self._session, self._tables)
            for name in self._tables:
                drop_leftovers(self._session, name)
        self._stage = self._build(self._session, config)
        self._errands = self._build_errands(self._session, config, self._stage)

    def step(self) -> bool:
        """Do an errand that is due, or publish one box if there is one; True when another may be waiting.

        An errand waits for the first box, and for one that a crash left open to be completed.

        A stage whose upstream has not published yet waits: that is the order of a first start, no fault.
        """
        if self._stage is None:
            raise RuntimeError("step before open")
        try:
            with translated():
                return self._run_errand(self._stage) or self._stage.step()
        except UpstreamNotReady:
            return False

    def _run_errand(self, stage: Stage[Output]) -> bool:
        due = next((errand for errand in self._errands if errand.due()), None)
        if due is None or not _between_boxes(stage):
            return False
        due.run()
        return True

    def close(self) -> None:
        """End the session; the JVM stays with the process for the next start."""
        self._stage, self._errands = None, ()
        if self._session is not None:
            self._session.stop()
            self._session = None

    def details(self) -> dict[str, Any]:
        """Where this job's data is, for the status."""
        return {"application": self._app_name, "tables": list(self._tables)}


def _between_boxes(stage: Stage[Output]) -> bool:
    stamps = stage.stamps()
    return next(iter(stamps.values())) is not None and not is_open(stamps)
