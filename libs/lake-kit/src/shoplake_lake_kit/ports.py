"""The ports behind which Kafka and Iceberg stand, so that a simulator can drive the stage that runs in production.

An implementation MUST keep the promises written here; the stage relies on nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeAlias, TypeVar

from shoplake_lake_kit.box import Box
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.touched import Touched
from shoplake_lake_kit.vector import Counts, Position

Frame = TypeVar("Frame")
Frame_co = TypeVar("Frame_co", covariant=True)
Frame_contra = TypeVar("Frame_contra", contravariant=True)


class Role(StrEnum):
    """Which term of `read = out + quarantined + duplicates` a table's rows are; DERIVED tables are in none."""

    OUT = "out"
    QUARANTINED = "quarantined"
    DUPLICATES = "duplicates"
    DERIVED = "derived"

    def rows(self, counts: Counts) -> dict[str, Any]:
        """A table's rows under the name that a stamp has for them; those of derived tables are `out`."""
        return {(Role.OUT if self is Role.DERIVED else self).value: counts}


@dataclass(frozen=True, slots=True)
class Source:
    """What a source holds now.

    For a broker: its cluster and topic ids, the log's beginning and its last stable end, all by plain topic names,
    because a broker knows no epochs (None). For an upstream table: cluster, topic ids and epochs as recorded in its
    stamp, `beginning` its origin, `end` its position, both by topic lives.

    `event_bytes` is the average size of an event per topic where the source can tell. `revisions` names for each
    upstream table the newest replay or backfill that it carries: rows changed without the position having moved.
    `complete_until` is an instant such that all the broker held by then lies before `end`, where one is known.
    `is_table` tells an upstream table from a broker.
    """

    cluster: str
    topic_ids: Mapping[str, str]
    epochs: Mapping[str, int] | None
    beginning: Position
    end: Position
    event_bytes: Mapping[str, float] = field(default_factory=dict)
    revisions: Mapping[str, str] = field(default_factory=dict)
    complete_until: datetime | None = None
    is_table: bool = False


class BrokerPort(Protocol):
    """Where the events come from."""

    def source(self) -> Source:
        """Look at the source now.

        Both positions name every partition of every topic, also the empty ones.

        Raises:
            Transient: It does not answer, or has nothing yet; the stage asks again later.
        """
        ...


@dataclass(frozen=True, slots=True)
class Staged:
    """A batch written to a table but not visible in it.

    `counts` are the rows per topic-partition as recounted from what was written, not as promised by the transform.
    A table without the address columns (role DERIVED) leaves them empty and says `rows`. `snapshot_id` is None when
    there was nothing to write (the publish then carries the stamp alone), or where what waits is in no snapshot yet.
    `kinds` tells rows apart for the metrics, per topic: quarantined ones by reason, duplicates by the table that has
    the kept one.
    """

    snapshot_id: int | None
    attempt: str
    counts: Counts
    rows: int
    event_time_min: datetime | None = None
    event_time_max: datetime | None = None
    appended_at_min: datetime | None = None
    appended_at_max: datetime | None = None
    touched: Touched | None = None
    kinds: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def clocks(self) -> dict[str, Any]:
        """The four times, and the days touched, under the names that a stamp has for them."""
        names = ("event_time_min", "event_time_max", "appended_at_min", "appended_at_max", "touched")
        return {name: getattr(self, name) for name in names}


class TablePort(Protocol[Frame_contra]):
    """One table that a stage publishes to."""

    @property
    def name(self) -> str:
        """The table's name, such as `silver.purchases`."""
        ...

    @property
    def role(self) -> Role:
        """Which term of the equation its rows are."""
        ...

    def newest_stamp(self) -> Stamp | None:
        """The stamp of the stage's writer group nearest to the current snapshot among its ancestors.

        Staged snapshots are no ancestors and MUST NOT be looked at. None for a table that has neither stamp nor rows.

        Raises:
            StampMissing: The table has rows but no stamp, or one that cannot be read.
            Transient: The catalog does not answer.
        """
        ...

    def stage(self, frame: Frame_contra, attempt: str) -> Staged:
        """Write the frame's rows durably under the attempt's id, invisible to every reader.

        A frame with no rows is staged as well.
        """
        ...

    def publish(self, staged: Staged, stamp: Stamp, planned_on: Stamp | None) -> int:
        """Make a staged batch visible, with its stamp, if the newest stamp still is the one it was planned on.

        The comparison is by attempt id and is repeated on every retry of the commit, so that of two publishes planned
        on one stamp at most one takes place, whenever they arrive. Commits without a stamp in between do no harm.

        Returns:
            The id of the snapshot that carries the stamp.

        Raises:
            WriterConflict: The newest stamp is another one; nothing was changed.
            PublishUnknown: The reply was lost; the publish may have taken place, or may still.
        """
        ...


class Batch(Protocol[Frame_co]):
    """The rows of one box, one frame per table that was asked for."""

    @property
    def frames(self) -> Mapping[str, Frame_co]:
        """Table name to frame, for every pending table and no other; taken out in publish order, when it is staged."""
        ...

    @property
    def read(self) -> Counts | None:
        """The events the box held, counted at the source; None where only the written table can tell (bronze)."""
        ...

    def close(self) -> None:
        """Release what the frames hold (caches, scratch); called once everything is published or has failed."""
        ...


# (box, names of the pending tables, attempt id) -> the batch. The same box MUST give the same rows.
Work: TypeAlias = Callable[[Box, Sequence[str], str], Batch[Frame]]
