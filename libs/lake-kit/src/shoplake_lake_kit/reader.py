"""Reads tables without a JVM: stamps for health, rows for SQL and for the checkers that must not trust Spark.

Nothing here writes, and every call sees the newest metadata.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError, ServerError, ServiceUnavailableError
from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.table import DataScan, Table
from pyiceberg.table.snapshots import Snapshot
from shoplake_contracts.errors import CatalogUnavailable, NotFound
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from shoplake_lake_kit.ancestry import HISTORY_TAG, STAMP_TAG_PREFIX, Ancestor, Lineage, Tags
from shoplake_lake_kit.remembering_catalog import RememberingCatalog
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stamp import Stamp

CATALOG = "iceberg"
_SQL = f"{RememberingCatalog.__module__}.{RememberingCatalog.__name__}"
# Seconds a reader waits while Spark's catalog commits; SQLite lets one connection write at a time.
_SQLITE_WAIT = 30
EVERYTHING: BooleanExpression = AlwaysTrue()


def open_catalog(settings: LakeSettings, *, create: bool = False) -> Catalog:
    """The lake's catalog, named `iceberg` as Spark names it.

    It may be kept and shared by threads; it holds connections, and what it has read of a table until that changes.
    `create` makes the catalog's own tables where there are none, which only those who write may do.
    """
    properties = {"type": "rest"} if settings.catalog == "rest" else {"py-catalog-impl": _SQL}
    properties |= {"uri": _uri(settings), "warehouse": settings.warehouse}
    properties |= {"init_catalog_tables": str(create).lower(), "pool_pre_ping": "true"}
    return load_catalog(CATALOG, **properties, **_storage(settings))


def find_table(catalog: Catalog, name: str) -> Table | None:
    """The table as it is now, None if it (or the whole catalog) was not created yet.

    Raises:
        CatalogUnavailable: The catalog does not answer.
    """
    try:
        with catalog_errors():
            return catalog.load_table(name)
    except NoSuchTableError:
        return None


def load_table(catalog: Catalog, name: str) -> Table:
    """The table as it is now.

    Raises:
        NotFound: There is none; the message lists those that there are.
        CatalogUnavailable: The catalog does not answer.
    """
    table = find_table(catalog, name)
    if table is None:
        known = ", ".join(table_names(catalog)) or "none yet"
        raise NotFound(f"there is no table {CATALOG}.{name}; tables: {known}", remedy="Use one of the tables listed.")
    return table


def table_names(catalog: Catalog) -> list[str]:
    """Every table as `namespace.table`, sorted.

    Raises:
        CatalogUnavailable: The catalog does not answer.
    """
    try:
        with catalog_errors():
            spaces = catalog.list_namespaces()
            return sorted(".".join(name) for space in spaces for name in catalog.list_tables(space))
    except (NoSuchTableError, NoSuchNamespaceError):
        return []


def stamps(table: Table, snapshot_id: int | None = None) -> Iterator[tuple[int, Stamp]]:
    """Snapshot id and stamp, newest first, along the ancestors of a snapshot; of the current one by default.

    Staged snapshots are in a table's list of snapshots but are nobody's ancestor, so they never appear. Where
    maintenance has expired the ancestors, the stamps that it kept of groups not met so far come last.

    Raises:
        StampMissing: A stamp cannot be read.
    """
    lineage = Lineage(ancestors(table, snapshot_id), lambda: tags_of(table))
    return ((ancestor.id, ancestor.stamp()) for ancestor in lineage.stamped())


def ancestors(table: Table, snapshot_id: int | None = None) -> Iterator[Ancestor]:
    """A snapshot, the current one by default, and its ancestors back to the oldest kept, newest first."""
    metadata = table.metadata
    snapshot = metadata.current_snapshot() if snapshot_id is None else metadata.snapshot_by_id(snapshot_id)
    while snapshot is not None:
        yield _ancestor(snapshot)
        parent = snapshot.parent_snapshot_id
        snapshot = None if parent is None else table.metadata.snapshot_by_id(parent)


def _ancestor(snapshot: Snapshot) -> Ancestor:
    properties = snapshot.summary.additional_properties if snapshot.summary else {}
    return Ancestor(snapshot.snapshot_id, snapshot.parent_snapshot_id, properties)


def tags_of(table: Table) -> Tags:
    """What maintenance left behind when it expired ancestors."""
    tagged = {name: table.metadata.snapshot_by_id(ref.snapshot_id) for name, ref in table.metadata.refs.items()}
    history = tagged.get(HISTORY_TAG)
    return Tags(
        history=history.snapshot_id if history else None,
        stamps={
            name.removeprefix(STAMP_TAG_PREFIX): _ancestor(snapshot)
            for name, snapshot in tagged.items()
            if name.startswith(STAMP_TAG_PREFIX) and snapshot is not None
        },
    )


def scan_arrow(
    table: Table,
    columns: Sequence[str] = ("*",),
    row_filter: str | BooleanExpression = EVERYTHING,
    snapshot_id: int | None = None,
) -> pa.Table:
    """The rows of a table in memory.

    Args:
        table: From `load_table`.
        columns: Top-level columns to read; all by default.
        row_filter: A PyIceberg expression or its text, such as `topic = 'purchases'`.
        snapshot_id: Read the table as of this snapshot instead of the newest.
    """
    return scan(table, columns, row_filter, snapshot_id).to_arrow()


def scan(
    table: Table,
    columns: Sequence[str] = ("*",),
    row_filter: str | BooleanExpression = EVERYTHING,
    snapshot_id: int | None = None,
) -> DataScan:
    """The same rows as a scan, for callers that stream them."""
    return table.scan(row_filter=row_filter, selected_fields=tuple(columns), snapshot_id=snapshot_id)


@contextmanager
def catalog_errors() -> Iterator[None]:
    """Raise what a catalog or its storage says as an error of our tree.

    Raises:
        CatalogUnavailable: It does not answer, is locked, or is just being created.
        NoSuchTableError: The catalog has no tables at all yet.
    """
    try:
        yield
    except (SQLAlchemyError, OSError, ServerError, ServiceUnavailableError) as error:
        if _has_no_tables(error):
            raise NoSuchTableError("the catalog has no tables yet") from error
        raise CatalogUnavailable(f"the catalog or its storage does not answer: {error}") from error


def _has_no_tables(error: Exception) -> bool:
    """Whether the catalog's own tables are missing: the first stage that starts creates them."""
    sqlite = isinstance(error, OperationalError) and "no such table" in str(error.orig)
    postgresql = isinstance(error, ProgrammingError) and "does not exist" in str(error.orig)
    return sqlite or postgresql


def _uri(settings: LakeSettings) -> str:
    if settings.catalog == "sqlite":
        return f"{settings.catalog_uri}?timeout={_SQLITE_WAIT}"
    if settings.catalog == "postgresql":
        return settings.catalog_uri.replace("postgresql://", "postgresql+psycopg2://", 1)
    return settings.catalog_uri


def _storage(settings: LakeSettings) -> dict[str, str]:
    values = {
        "s3.endpoint": settings.s3_endpoint,
        "s3.region": settings.s3_region,
        "s3.access-key-id": _secret(settings.s3_access_key_file),
        "s3.secret-access-key": _secret(settings.s3_secret_key_file),
    }
    return {key: value for key, value in values.items() if value} if settings.warehouse.startswith("s3") else {}


def _secret(file: Path | None) -> str | None:
    return file.read_text().strip() if file else None
