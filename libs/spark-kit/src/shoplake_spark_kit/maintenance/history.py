"""A table's snapshots and references as plain data, so that what to keep is decided without a JVM."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import SparkSession
from shoplake_lake_kit.ancestry import HISTORY_TAG, STAMP_TAG_PREFIX, Ancestor, Tags

from shoplake_spark_kit.java import java_class
from shoplake_spark_kit.snapshots import WAP_ID

MAIN = "main"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot; `properties` is its summary."""

    id: int
    parent: int | None
    at: datetime
    properties: Mapping[str, str]

    @property
    def ancestor(self) -> Ancestor:
        """Itself as a walk sees it."""
        return Ancestor(self.id, self.parent, self.properties)

    @property
    def attempt(self) -> str | None:
        """The attempt it was staged under; None for one that was not staged."""
        return self.properties.get(WAP_ID)


@dataclass(frozen=True)
class History:
    """What a table's metadata says at one moment; `refs` are branches and tags by name, without main."""

    current: int | None
    snapshots: Mapping[int, Snapshot]
    refs: Mapping[str, int]
    branches: frozenset[str] = frozenset()

    def ancestors(self, start: int | None = None) -> Iterator[Snapshot]:
        """From the current snapshot, or another one, back to the oldest kept."""
        number = self.current if start is None else start
        while number is not None and number in self.snapshots:
            snapshot = self.snapshots[number]
            yield snapshot
            number = snapshot.parent

    def tags(self) -> Tags:
        """The tags that earlier maintenance set."""
        return Tags(
            history=self.refs.get(HISTORY_TAG),
            stamps={
                name.removeprefix(STAMP_TAG_PREFIX): self.snapshots[number].ancestor
                for name, number in self.refs.items()
                if name.startswith(STAMP_TAG_PREFIX)
            },
        )


def read_history(spark: SparkSession, table: Any) -> History:
    """The history of a loaded table, in one call to Java."""
    parser = java_class(spark, "org.apache.iceberg.TableMetadataParser")
    return parse_history(json.loads(parser.toJson(table.operations().current())))


def parse_history(metadata: Mapping[str, Any]) -> History:
    """The history in a table's metadata document."""
    snapshots = {entry["snapshot-id"]: _snapshot(entry) for entry in metadata.get("snapshots", ())}
    refs = {name: ref for name, ref in metadata.get("refs", {}).items() if name != MAIN}
    current = metadata.get("current-snapshot-id")
    return History(
        current=current if current in snapshots else None,
        snapshots=snapshots,
        refs={name: ref["snapshot-id"] for name, ref in refs.items()},
        branches=frozenset(name for name, ref in refs.items() if ref["type"] == "branch"),
    )


def _snapshot(entry: Mapping[str, Any]) -> Snapshot:
    return Snapshot(
        id=entry["snapshot-id"],
        parent=entry.get("parent-snapshot-id"),
        at=datetime.fromtimestamp(entry["timestamp-ms"] / 1000, UTC),
        properties=entry.get("summary", {}),
    )
