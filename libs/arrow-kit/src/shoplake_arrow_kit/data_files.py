"""Writes rows as Parquet files that no snapshot knows yet: a stream of tables in, one open file per partition."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import pyarrow as pa
from pyiceberg.io.fileformat import FileFormatFactory, FileFormatWriter
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionKey
from pyiceberg.table import Table

from shoplake_arrow_kit.partitions import split

# Bytes in memory that become one row group. With one open file per topic this bounds what a box of any size takes.
ROW_GROUP_BYTES = 4 * 1024 * 1024
_PARQUET = FileFormatFactory.get(FileFormat.PARQUET)


def write_files(table: Table, rows: Iterable[pa.Table], attempt: str) -> list[DataFile]:
    """Write the rows into files of the table's current spec; what was written is removed again if anything fails.

    Args:
        table: Where to.
        rows: Pieces of any size, with the table's columns; each is let go of before the next is asked for.
        attempt: Goes into the files' names.

    Raises:
        ArrowInvalid: A column that may not be NULL is, or does not fit its type.
    """
    files: dict[str, _OpenFile] = {}
    schema = schema_to_pyarrow(table.schema())
    try:
        for piece in rows:
            for key, part in split(table, piece.select(schema.names).cast(schema)):
                path = key.to_path()
                if path not in files:
                    files[path] = _OpenFile(table, key, f"{len(files):05d}-{attempt}.parquet")
                files[path].add(part)
        return [file.close() for file in files.values()]
    except BaseException:
        for file in files.values():
            file.abandon()
        raise


@dataclass
class _OpenFile:
    """One file in the making: rows wait in memory until they are enough for a row group."""

    table: Table
    key: PartitionKey
    name: str
    path: str = field(init=False)
    _writer: FileFormatWriter = field(init=False)
    _waiting: list[pa.Table] = field(default_factory=list)

    def __post_init__(self) -> None:
        partitioned = self.key if self.key.field_values else None
        self.path = self.table.location_provider().new_data_location(self.name, partitioned)
        output = self.table.io.new_output(self.path)
        self._writer = _PARQUET.create_writer(output, self.table.schema(), self.table.metadata.properties)

    def add(self, rows: pa.Table) -> None:
        self._waiting.append(rows)
        if sum(waiting.nbytes for waiting in self._waiting) >= ROW_GROUP_BYTES:
            self._flush()

    def close(self) -> DataFile:
        self._flush()
        self._writer.close()
        return DataFile.from_args(
            content=DataFileContent.DATA,
            file_path=self.path,
            file_format=FileFormat.PARQUET,
            partition=self.key.partition,
            file_size_in_bytes=len(self.table.io.new_input(self.path)),
            sort_order_id=None,
            spec_id=self.table.metadata.default_spec_id,
            equality_ids=None,
            key_metadata=None,
            **self._writer.result().to_serialized_dict(),
        )

    def abandon(self) -> None:
        """Remove what is there of the file; nobody has heard of it."""
        with suppress(Exception):
            self._writer.close()
        with suppress(Exception):
            self.table.io.delete(self.path)

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write(pa.concat_tables(self._waiting))
            self._waiting = []
