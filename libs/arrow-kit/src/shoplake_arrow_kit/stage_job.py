"""The job of a service without a JVM: lake-kit's stepped stage over a PyIceberg catalog."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from pyiceberg.catalog import Catalog
from shoplake_lake_kit.catalog import open_writable
from shoplake_lake_kit.reader import catalog_errors
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stage import Stage
from shoplake_lake_kit.stage_job import Config, SteppedStage
from shoplake_lake_kit.table_creation import ensure_tables

from shoplake_arrow_kit.iceberg_table import Output


class StageJob(SteppedStage[Catalog, Config, Output]):
    """Opens the catalog and makes its tables; `closing` gives back what the service's stage holds beside them."""

    def __init__(
        self,
        *,
        application: str,
        lake: LakeSettings,
        tables: Sequence[str],
        build: Callable[[Catalog, Config], Stage[Output]],
        closing: Callable[[], None],
    ) -> None:
        super().__init__(application=application, tables=tables, build=build)
        self._lake = lake
        self._closing = closing

    def _open_session(self) -> Catalog:
        return open_writable(self._lake)

    def _prepare(self, session: Catalog) -> None:
        ensure_tables(session, self._tables)

    def _close_session(self, session: Catalog) -> None:
        self._closing()
        session.close()

    def _translated(self) -> AbstractContextManager[None]:
        return catalog_errors()
