"""The parts that every event has: an id that sorts by time, the event time, and who it was."""

from datetime import UTC, datetime
from functools import lru_cache
from random import Random
from typing import Any, NewType

Event = dict[str, Any]
Millis = NewType("Millis", int)
"""Event time in milliseconds since 1970, UTC."""


def uuid7(at: Millis, rng: Random) -> str:
    """A UUID of version 7 (RFC 9562): 48 bits of time, 74 bits of chance."""
    chance = rng.getrandbits(74)
    bits = at << 80 | 0x7 << 76 | (chance >> 62) << 64 | 0b10 << 62 | chance & ((1 << 62) - 1)
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def short_id(prefix: str, at: Millis, rng: Random) -> str:
    """An id that a person can read out; unique over runs, because it holds the time."""
    return f"{prefix}-{at:x}-{rng.getrandbits(36):09x}"


def rfc3339(at: Millis) -> str:
    """The time as `2026-01-31T12:00:00.123Z`."""
    return f"{_to_the_second(at // 1000)}.{at % 1000:03d}Z"


@lru_cache(maxsize=16)
def _to_the_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def new_event(event_type: str, at: Millis, rng: Random) -> Event:
    """The fields before those of the event's own type."""
    return {"event_id": uuid7(at, rng), "event_type": event_type, "event_version": 1, "timestamp": rfc3339(at)}
