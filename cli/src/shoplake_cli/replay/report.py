"""What a replay tells while it runs and when it is done."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .build import RAW_TYPE, BadRow, Outgoing

FIRST_BAD_ROWS = 5


@dataclass(frozen=True)
class Progress:
    """How far a replay is.

    Attributes:
        sent: Events that Kafka confirmed.
        bytes_read: Of the file, as stored.
        bytes_total: Size of the file.
        seconds: Since the start.
    """

    sent: int
    bytes_read: int
    bytes_total: int
    seconds: float

    @property
    def rate(self) -> float:
        """Confirmed events per second since the start."""
        return self.sent / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Until the end of the file, if it goes on as it went; None while nothing was read."""
        left = self.bytes_total - self.bytes_read
        return self.seconds * left / self.bytes_read if self.bytes_read else None


ProgressCallback = Callable[[Progress], None]


@dataclass
class Report:
    """What a replay did.

    Attributes:
        sent: Confirmed messages per topic.
        event_types: Confirmed messages per event type; rows that went out as they are count as `raw`.
        ends: Per topic and partition the offset after the last confirmed message.
        lines: Rows of the file that those messages stand for.
        bad_rows: Rows that could not be read; they went out as they are.
        first_bad_rows: The first few of them, with what was wrong.
        seconds: How long it took.
    """

    sent: Counter[str] = field(default_factory=Counter)
    event_types: Counter[str] = field(default_factory=Counter)
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    lines: int = 0
    bad_rows: int = 0
    first_bad_rows: list[BadRow] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def total(self) -> int:
        """All confirmed messages."""
        return sum(self.event_types.values())

    @property
    def as_they_are(self) -> int:
        """Rows that went to raw-events untouched: bad ones, and those that no rule of the mapping takes."""
        return self.event_types[RAW_TYPE]

    def count(self, event: Outgoing) -> None:
        """Take in a message that was confirmed."""
        self.sent[event.message.topic] += 1
        self.event_types[event.event_type] += 1
        self.lines += event.lines
        if event.bad is not None:
            self.bad_rows += 1
            if len(self.first_bad_rows) < FIRST_BAD_ROWS:
                self.first_bad_rows.append(event.bad)

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
            "first_bad_rows": [{"line": bad.line, "why": bad.why} for bad in self.first_bad_rows],
            "as_they_are": self.as_they_are,
            "ends": ends,
            "seconds": round(self.seconds, 3),
        }
