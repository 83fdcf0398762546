"""What a replay tells while it runs and when it is done."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .build import RAW_TYPE


@dataclass(frozen=True)
class Progress:
    """How far a replay is.

    Attributes:
        sent: Events that Kafka confirmed.
        bytes_read: Of the file, as stored.
        bytes_total: Size of the file.
        rate: Confirmed events per second since the start.
    """

    sent: int
    bytes_read: int
    bytes_total: int
    rate: float


@dataclass
class Report:
    """What a replay did.

    Attributes:
        sent: Confirmed messages per topic.
        event_types: Confirmed messages per event type; rows that went out as they are count as `raw`.
        ends: Per topic and partition the offset after the last confirmed message.
        lines: Rows of the file that those messages stand for.
        bad_rows: Rows that could not be read; they went out as they are.
        seconds: How long it took.
    """

    sent: Counter[str] = field(default_factory=Counter)
    event_types: Counter[str] = field(default_factory=Counter)
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    lines: int = 0
    bad_rows: int = 0
    seconds: float = 0.0

    @property
    def total(self) -> int:
        """All confirmed messages."""
        return sum(self.event_types.values())

    @property
    def as_they_are(self) -> int:
        """Rows that went to raw-events untouched: bad ones, and those that no rule of the mapping takes."""
        return self.event_types[RAW_TYPE]

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON has it; `ends` per topic as partition to offset."""
        ends: dict[str, dict[str, int]] = {}
        for (topic, partition), end in sorted(self.ends.items()):
            ends.setdefault(topic, {})[str(partition)] = end
        return {
            "sent": dict(self.sent),
            "event_types": dict(self.event_types),
            "total": self.total,
            "lines": self.lines,
            "bad_rows": self.bad_rows,
            "as_they_are": self.as_they_are,
            "ends": ends,
            "seconds": round(self.seconds, 3),
        }
