"""A look into a payload for what bronze shows of it: best effort, NULL in doubt, never an error.

It is narrower than what silver judges by: only an object's own texts count, duplicates by the last one, and times are
those of ISO 8601 as Python reads them. Silver reads the payload itself and takes no decision by these columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

MICROS = pa.timestamp("us", "UTC")
# A row with a year at the edge of what Python knows could not be read by most.
_EARLIEST, _LATEST = datetime(2, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Peeked:
    """What the payloads say of themselves, one entry per payload."""

    event_id: list[str | None]
    event_type: list[str | None]
    timestamp: list[datetime | None]


def peek(payloads: Sequence[bytes | None]) -> Peeked:
    """Look into every payload; one that is no JSON object in UTF-8 says nothing."""
    events = list(map(_object, payloads))
    ids, types, times = ([event.get(name) for event in events] for name in ("event_id", "event_type", "timestamp"))
    return Peeked(_texts(ids), _texts(types), list(map(_time, times)))


def believable(times: Sequence[datetime | None]) -> pa.Array:
    """The times as a column; NULL outside of the years 2 to 9998 (UTC)."""
    column = pa.array(times, MICROS)
    inside = pc.and_(
        pc.greater_equal(column, pa.scalar(_EARLIEST, MICROS)), pc.less(column, pa.scalar(_LATEST, MICROS))
    )
    return pc.if_else(inside, column, pa.scalar(None, MICROS))


def _object(payload: bytes | None) -> dict[str, Any]:
    try:
        found = orjson.loads(payload or b"")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _texts(values: Sequence[object]) -> list[str | None]:
    return [value if isinstance(value, str) else None for value in values]


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
