"""The PyIceberg implementation of lake-kit's `TablePort`: files, a count of them as written, one commit."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.manifest import DataFile
from shoplake_contracts.errors import CatalogUnavailable, WriterConflict
from shoplake_lake_kit.ancestry import required_stamp
from shoplake_lake_kit.ports import Role, Staged
from shoplake_lake_kit.reader import ancestors, catalog_errors, load_table, tags_of
from shoplake_lake_kit.recount import recount
from shoplake_lake_kit.stage_job import utc_now
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.touched import Touched
from shoplake_lake_kit.vector import Counts

from shoplake_arrow_kit.data_files import write_files
from shoplake_arrow_kit.publish import publish

# Whoever removes files that no snapshot names goes by their age; a process that slept must not publish such files.
PUBLISH_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class Output:
    """What a batch has for one table: rows to append, in pieces that are read once; None says that there are none."""

    rows: Iterable[pa.Table] | None


@dataclass(frozen=True)
class _Waiting:
    """Files of an attempt that no commit has named yet."""

    attempt: str
    files: tuple[DataFile, ...]
    staged_at: datetime


class IcebergTable:
    """One table of a stage; implements `shoplake_lake_kit.ports.TablePort[Output]`.

    A staged batch is files that no snapshot names. This process deletes those that no commit can have named: of an
    attempt that was given up before its publish, or refused. Where the outcome of a commit is unknown, or the process
    dies, they are left lying, as all files are that no snapshot names.
    """

    def __init__(
        self, catalog: Catalog, name: str, *, role: Role, group: str, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.name = name
        self.role = role
        self._catalog = catalog
        self._group = group
        self._clock = clock
        self._waiting: _Waiting | None = None

    def newest_stamp(self) -> Stamp | None:
        """The newest stamp of the writer group among the current snapshot's ancestors."""
        table = load_table(self._catalog, self.name)
        return required_stamp(self.name, lambda: ancestors(table), self._group, lambda: tags_of(table))

    def stage(self, frame: Output, attempt: str) -> Staged:
        """Write the rows as files that no snapshot names, and count them as they lie in storage."""
        self._discard()
        if frame.rows is None:
            return Staged(snapshot_id=None, attempt=attempt, counts=Counts.zero(), rows=0, touched=Touched())
        table = load_table(self._catalog, self.name)
        with catalog_errors():
            files = write_files(table, frame.rows, attempt)
            self._waiting = _Waiting(attempt, tuple(files), self._clock())
            paths = [file.file_path for file in files]
            return recount(table.io, paths, self.role, attempt=attempt, snapshot_id=None)

    def publish(self, staged: Staged, stamp: Stamp, planned_on: Stamp | None) -> int:
        """Append the staged files if the newest stamp still is `planned_on`.

        Raises:
            CatalogUnavailable: The commit did not take place; what was staged is gone or too old, and is written again.
        """
        try:
            return publish(self._catalog, self.name, lambda: self._files_of(staged), stamp, planned_on)
        except (WriterConflict, CatalogUnavailable):
            if self._waits(staged):
                self._discard()
            raise
        finally:
            # It took place, or may have, or may still: nobody deletes what the table may name.
            if self._waits(staged):
                self._waiting = None

    def _files_of(self, staged: Staged) -> tuple[DataFile, ...]:
        if not staged.rows:
            return ()
        waiting = self._waiting
        if waiting is None or waiting.attempt != staged.attempt:
            raise CatalogUnavailable(
                f"{self.name}: the files of attempt {staged.attempt} are gone: it is written again"
            )
        if self._clock() - waiting.staged_at > PUBLISH_WITHIN:
            raise CatalogUnavailable(f"{self.name}: staged at {waiting.staged_at}, too long ago: it is written again")
        return waiting.files

    def _waits(self, staged: Staged) -> bool:
        return self._waiting is not None and self._waiting.attempt == staged.attempt

    def _discard(self) -> None:
        """Delete the files of an attempt that cannot be published any more."""
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        io = load_table(self._catalog, self.name).io
        for file in waiting.files:
            with suppress(OSError):
                io.delete(file.file_path)
