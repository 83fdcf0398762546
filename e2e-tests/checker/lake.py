"""Brings a home's tables into DuckDB piece by piece, so that a large warehouse fits into little memory."""

from pathlib import Path

import duckdb
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError

FILES = 500
# Twenty payloads of 1 MiB that are taken apart for forty columns at once need more than one.
MEMORY = "4GB"


class UnreadableError(Exception):
    """A table has something that this reader does not understand, so it must not say that all is well."""


class Lake:
    """The tables of one home, read only: PyIceberg says which files they have, DuckDB reads them.

    PyIceberg's own way of reading is not used: it turns a NULL list into an empty one.
    """

    def __init__(self, home: Path, db: duckdb.DuckDBPyConnection) -> None:
        self._catalog = SqlCatalog("iceberg", uri=f"sqlite:///{home}/catalog.db", warehouse=f"file://{home}/warehouse")
        self._db = db

    def close(self) -> None:
        """Let go of the catalog."""
        self._catalog.close()

    def copy(self, table: str, create: str, *inserts: str) -> int:
        """Hand a table on in pieces, as the relation `piece`.

        Args:
            table: its name; one that does not exist has no rows.
            create: statements that make what the inserts fill; they may use no relation `piece`.
            inserts: statements that are run for every piece.

        Returns:
            How many rows the table has.

        Raises:
            UnreadableError: it has delete files.
        """
        self._db.execute(create)
        rows = 0
        for files in _batched(self._files(table)):
            listed = ", ".join(f"'{name}'" for name in files)
            # The folders' names are Iceberg's business; columns are in the files.
            read = f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"
            self._db.execute(f"CREATE OR REPLACE TEMP VIEW piece AS FROM {read}")
            for insert in inserts:
                self._db.execute(insert)
            rows += int(self._db.execute("SELECT count(*) FROM piece").fetchall()[0][0])
        return rows

    def _files(self, table: str) -> list[str]:
        try:
            found = self._catalog.load_table(table)
        except NoSuchTableError:
            return []
        tasks = list(found.scan().plan_files())
        if any(task.delete_files for task in tasks):
            raise UnreadableError(f"{table} has delete files")
        return [task.file.file_path.removeprefix("file://") for task in tasks]


def _batched(files: list[str]) -> list[list[str]]:
    return [files[start : start + FILES] for start in range(0, len(files), FILES)]


def open_database(folder: Path) -> duckdb.DuckDBPyConnection:
    """An empty database on disk: what does not fit into its share of memory waits there."""
    db = duckdb.connect(str(folder / "checker.duckdb"))
    db.execute(f"SET memory_limit = '{MEMORY}'")
    db.execute(f"SET temp_directory = '{folder}'")
    db.execute("SET preserve_insertion_order = false")
    db.execute("SET TimeZone = 'UTC'")
    return db
