"""The one way into a table: a compare-and-swap of staged files on the newest stamp (docs/decisions/0002, 0009)."""

import random
import time
from collections.abc import Callable, Mapping, Sequence

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import AssertTableUUID
from shoplake_contracts.errors import CatalogUnavailable, PublishUnknown, StampMissing, WriterConflict
from shoplake_lake_kit.ancestry import newest_stamp
from shoplake_lake_kit.reader import ancestors, load_table, tags_of
from shoplake_lake_kit.stamp import Stamp
from sqlalchemy.exc import OperationalError

TRIES = 10
_PAUSE_SECONDS = 0.05
# Java's appends merge small manifests by default, PyIceberg's do not. They stay small: entries are Python objects here.
# These are properties of the table as this process holds it, never as it is stored.
_MERGING: Mapping[str, str] = {
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.target-size-bytes": str(1024 * 1024),
}


class _OneTry(Transaction):
    """A transaction that is committed once or not at all.

    PyIceberg's own commit would rebase on what came first, past our look at the stamp, and would delete manifests after
    a refusal, also where the refusal answers a repetition of a request that had succeeded.
    """

    @property
    def table_metadata(self) -> TableMetadata:
        """The metadata with this transaction's changes.

        PyIceberg makes a deep copy of the whole history whenever it is asked, fifteen times in a commit; while there
        are no changes, what there is will do.
        """
        return super().table_metadata if self._updates else self._table.metadata

    def commit_once(self) -> None:
        """Swap the table's metadata if it still is what the requirements say."""
        requirements = (*self._requirements, AssertTableUUID(uuid=self.table_metadata.table_uuid))
        self._table._do_commit(self._updates, requirements)  # noqa: SLF001 - the part of a commit that does not retry


def publish(
    catalog: Catalog, name: str, files: Callable[[], Sequence[DataFile]], stamp: Stamp, planned_on: Stamp | None
) -> int:
    """Append the files with the stamp in one commit and return the new snapshot's id.

    The commit requires that main still is the snapshot among whose ancestors the stamp was looked up. Where another
    commit came first, table and stamp are looked up anew: a maintenance commit does no harm, a stamp does.

    Args:
        catalog: Holds the table.
        name: `namespace.table`.
        files: What to append, asked for when the stamp has been found right; none publishes the stamp alone.
        stamp: What the table is complete up to after this.
        planned_on: The stamp the batch was planned on.

    Raises:
        WriterConflict: The newest stamp is another one; nothing was changed.
        PublishUnknown: The commit's outcome is not known.
        CatalogUnavailable: The commit did not take place.
    """
    for number in range(TRIES):
        table = load_table(catalog, name)
        landed = _landed(table, stamp) if number else None
        if landed is not None:
            return landed
        _compare(table, stamp.group, planned_on)
        try:
            return _swap(table, files(), stamp)
        except CommitFailedException:
            time.sleep(_PAUSE_SECONDS * min(2**number, 16) * (1 + random.random()))  # noqa: S311 - no secret
    raise CatalogUnavailable(f"{name}: other commits came first {TRIES} times in a row")


def _landed(table: Table, stamp: Stamp) -> int | None:
    """The snapshot of this very attempt, where a refusal was the answer to a request that had come through before."""
    attempt = stamp.to_properties()["shoplake.attempt"]
    return next((it.id for it in ancestors(table) if it.properties.get("shoplake.attempt") == attempt), None)


def _compare(table: Table, group: str, planned_on: Stamp | None) -> None:
    name = ".".join(table.name())
    try:
        newest = newest_stamp(ancestors(table), group, lambda: tags_of(table))
    except StampMissing as error:
        raise WriterConflict(f"{name}: the stamp that this batch was planned on is gone: {error.message}") from error
    met, expected = (stamp.attempt if stamp else None for stamp in (newest, planned_on))
    if met != expected:
        other = f"{newest.writer} (attempt {met})" if newest else "nobody: the stamp is gone"
        raise WriterConflict(f"{name} was published by {other} while this batch was under way")


def _swap(table: Table, files: Sequence[DataFile], stamp: Stamp) -> int:
    """Commit on top of exactly the snapshot that the table was loaded with.

    Raises:
        CommitFailedException: Main is another snapshot by now; nothing was changed.
    """
    transaction = _OneTry(_merging(table))
    append = transaction.update_snapshot(snapshot_properties=stamp.to_properties()).merge_append()
    for file in files:
        append.append_data_file(file)
    try:
        append.commit()
        transaction.commit_once()
    except CommitFailedException:
        raise
    except Exception as error:
        raise _meaning(error, ".".join(table.name())) from error
    return append.snapshot_id


def _merging(table: Table) -> Table:
    metadata = table.metadata.model_copy(update={"properties": {**table.metadata.properties, **_MERGING}})
    return Table(table.name(), metadata, table.metadata_location, table.io, table.catalog, table.config)


def _meaning(error: Exception, name: str) -> Exception:
    """What is known for certain not to have taken place is tried again; of the rest only the stamp can tell."""
    told = f"{type(error).__name__}: {error}"
    if isinstance(error, OperationalError) and "locked" in str(error.orig):
        return CatalogUnavailable(f"{name}: SQLite was locked for longer than a commit waits: {told}")
    return PublishUnknown(f"{name}: the commit's outcome is unknown ({told})")
