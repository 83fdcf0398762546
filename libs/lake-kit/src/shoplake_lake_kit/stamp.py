"""The stamp is what a table knows about itself: how far it is complete, who wrote it, and every total of the equation.

It lives in the properties of the snapshot that published a batch. Nothing else records progress, so whoever reads
the newest stamp among a table's ancestors knows all there is to know.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime
from typing import Any

from shoplake_contracts.errors import StampMissing

from shoplake_lake_kit.touched import Touched
from shoplake_lake_kit.vector import Counts, PerPartition, Position

PREFIX = "shoplake."
VERSION = 1

# Attribute names that are spelled otherwise in the table (`in` is a keyword here).
_SPELLED = {"read": "in"}
_TEXTS = ("stage", "group", "writer", "cluster", "attempt")
_POSITIONS = ("position", "origin")
_COUNTS = ("read", "out", "quarantined", "duplicates")
_TIMES = ("event_time_min", "event_time_max", "appended_at_min", "appended_at_max", "complete_until")


# Vectors are immutable, so all fields that count nothing may share one.
_NOTHING = Counts()


@dataclass(frozen=True, slots=True)
class Totals:
    """Events per topic-partition since the table's origin; they survive the expiry of the snapshots they came from.

    `read` is what the boxes held, `offset_gaps` what they spanned but never held (markers, aborted records), `lost`
    and `erased` what a person accepted or asked for. `out`, `quarantined` and `duplicates` are the table's own rows.
    """

    read: Counts = _NOTHING
    out: Counts = _NOTHING
    quarantined: Counts = _NOTHING
    duplicates: Counts = _NOTHING
    replayed: Counts = _NOTHING
    offset_gaps: Counts = _NOTHING
    lost: Counts = _NOTHING
    erased: Counts = _NOTHING

    def plus(self, other: "Totals") -> "Totals":
        """The sum, field by field."""
        return Totals(*(getattr(self, name).plus(getattr(other, name)) for name in _TOTALS))

    def minus(self, other: "Totals") -> "Totals":
        """The difference, field by field."""
        return Totals(*(getattr(self, name).minus(getattr(other, name)) for name in _TOTALS))


_TOTALS = tuple(item.name for item in fields(Totals))


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """What one published batch says about its table.

    Attributes:
        stage: The stage that wrote it, such as `bronze`.
        group: The writer group; positions and publishes are compared within it.
        writer: The process that wrote it, unique per start.
        position: The table is complete up to here.
        origin: Where the table began, per topic-partition.
        epochs: The epoch of each topic.
        topic_ids: The broker's id of each topic.
        cluster: The broker's cluster id.
        attempt: The unique id of the attempt that was published.
        version: The form of the stamp.
        read: Events the newest box held: the same in every table of the stage.
        out: Rows this batch added, if the table's role is to keep good rows; likewise `quarantined`, `duplicates`.
        event_time_min: Earliest event time in the batch; `appended_at_…` are the broker's timestamps.
        touched: The days on which its rows happened and arrived, so that who reads the table need not look for them;
            None where nobody has told.
        complete_until: All that the broker held at this instant lies before the position, but for what was accepted as
            lost; None until a box has once reached the end of its source.
        revision: The newest replay or backfill that changed the table outside of any box; None before the first.
        revised_days: The event days that this very commit changed outside of any box; empty for a box.
        backfill: The newest backfill (`id` and what it was asked for); on the lead first, then table by table.
        moving: On the lead: rows per table that the backfill takes out of it and puts into quarantine.
        upstream: The revision of each upstream table that the batch has seen.
        totals: Everything since the origin, this batch included.
    """

    stage: str
    group: str
    writer: str
    position: Position
    origin: Position
    epochs: Mapping[str, int]
    topic_ids: Mapping[str, str]
    cluster: str
    attempt: str
    version: int = VERSION
    read: Counts = _NOTHING
    out: Counts = _NOTHING
    quarantined: Counts = _NOTHING
    duplicates: Counts = _NOTHING
    event_time_min: datetime | None = None
    event_time_max: datetime | None = None
    appended_at_min: datetime | None = None
    appended_at_max: datetime | None = None
    touched: Touched | None = None
    complete_until: datetime | None = None
    revision: str | None = None
    revised_days: tuple[date, ...] = ()
    backfill: Mapping[str, str] | None = None
    moving: Mapping[str, Counts] = field(default_factory=dict)
    upstream: Mapping[str, str] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)

    def rows(self) -> Counts:
        """The rows this batch added to the table, whatever the table's role."""
        return self.out.plus(self.quarantined).plus(self.duplicates)

    def to_properties(self) -> dict[str, str]:
        """The snapshot properties that carry this stamp; times in ISO form, vectors and maps in compact JSON."""
        values = {name: getattr(self, name) for name in (*_TEXTS, *_POSITIONS, *_COUNTS, *_TIMES, "touched")}
        values |= {"epochs": dict(self.epochs), "topic_ids": dict(self.topic_ids), "version": self.version}
        values |= self._revision_values()
        properties = {_key(name): _text(value) for name, value in values.items() if value is not None}
        return properties | {_key(name, "total_"): getattr(self.totals, name).to_json() for name in _TOTALS}

    def _revision_values(self) -> dict[str, Any]:
        """What only some stamps carry; absent where there is nothing to say."""
        moving = {table: {topic: list(row) for topic, row in counts.items()} for table, counts in self.moving.items()}
        days = ",".join(day.isoformat() for day in self.revised_days)
        backfill, upstream = dict(self.backfill or {}), dict(self.upstream)
        values = {"revised_days": days, "backfill": backfill, "moving": moving, "upstream": upstream}
        return {"revision": self.revision} | {name: value for name, value in values.items() if value}


def from_properties(properties: Mapping[str, str]) -> Stamp | None:
    """Read the stamp out of a snapshot's properties.

    Returns:
        None if the snapshot carries none, such as that of a compaction.

    Raises:
        StampMissing: There is one, but it cannot be read, or a newer Shoplake wrote it.
    """
    if _key("position") not in properties:
        return None
    try:
        return _parse(properties)
    except (KeyError, ValueError, TypeError) as error:
        raise StampMissing(f"a snapshot carries a stamp that cannot be read: {error!r}") from error


def next_stamp(previous: Stamp | None, batch: Stamp, offset_gaps: Counts) -> Stamp:
    """Carry the totals of the table's previous stamp on into the stamp of a new batch.

    Args:
        previous: The table's newest stamp, None for its first batch.
        batch: The new batch's stamp; its `totals` are ignored.
        offset_gaps: Offsets of the box that held no event.
    """
    added = Totals(batch.read, batch.out, batch.quarantined, batch.duplicates, offset_gaps=offset_gaps)
    if previous is None:
        return replace(batch, totals=added)
    proved = [at for at in (previous.complete_until, batch.complete_until) if at]
    return replace(
        batch,
        complete_until=max(proved, default=None),
        revision=previous.revision,
        backfill=previous.backfill,
        moving=previous.moving,
        totals=previous.totals.plus(added),
    )


def _parse(properties: Mapping[str, str]) -> Stamp:
    values: dict[str, Any] = {name: properties[_key(name)] for name in _TEXTS}
    values |= {name: _parse_position(properties[_key(name)]) for name in _POSITIONS}
    values |= {name: Counts.parse(properties[_key(name)]) for name in _COUNTS}
    values |= {name: _parse_time(properties.get(_key(name))) for name in _TIMES}
    values |= {name: _parse_map(properties[_key(name)]) for name in ("epochs", "topic_ids")}
    values |= _parse_revision(properties)
    touched = properties.get(_key("touched"))
    values["touched"] = Touched.parse(touched) if touched else None
    totals = {name: Counts.parse(properties.get(_key(name, "total_"), "{}")) for name in _TOTALS}
    return Stamp(version=_parse_version(properties[_key("version")]), totals=Totals(**totals), **values)


def _parse_revision(properties: Mapping[str, str]) -> dict[str, Any]:
    def told(name: str) -> dict[str, Any]:
        return _parse_map(properties.get(_key(name), "{}"))

    days = [text for text in properties.get(_key("revised_days"), "").split(",") if text]
    return {
        "revision": properties.get(_key("revision")),
        "revised_days": tuple(date.fromisoformat(text) for text in days),
        "backfill": told("backfill") or None,
        "moving": {table: Counts(rows) for table, rows in told("moving").items()},
        "upstream": told("upstream"),
    }


def _parse_version(text: str) -> int:
    if int(text) != VERSION:
        msg = f"stamp version {text}, this program knows {VERSION}"
        raise ValueError(msg)
    return VERSION


def _parse_position(text: str) -> Position:
    position = Position.parse(text)
    if not position.covers(Position()):
        msg = f"a position below 0: {text}"
        raise ValueError(msg)
    return position


def _parse_map(text: str) -> dict[str, Any]:
    document = json.loads(text)
    if not isinstance(document, dict):
        msg = f"not a map: {text}"
        raise TypeError(msg)
    return document


def _parse_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _key(name: str, kind: str = "") -> str:
    return f"{PREFIX}{kind}{_SPELLED.get(name, name)}"


def _text(value: object) -> str:
    if isinstance(value, PerPartition | Touched):
        return value.to_json()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    return str(value)
