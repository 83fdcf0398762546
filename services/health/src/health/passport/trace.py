"""Everything the tables know of one address, and what it amounts to."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from health.passport.address import Address

Row = dict[str, Any]


class Whereabouts(StrEnum):
    """Where an event is."""

    SILVER = "silver"
    REPLAYED = "replayed"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    ERASED = "erased"
    LOST = "lost"
    IN_FLIGHT = "in_flight"
    MISSING = "missing"


@dataclass
class Trace:
    """The rows of one address in every table.

    Attributes:
        address: Whose they are.
        passed: Whether all of silver's tables have passed it.
        bronze: Its row in bronze, without payload.
        silver: Its rows in typed tables, each with its `table`; more than one is a fault.
        quarantine: Its row in quarantine, without the bytes.
        outcomes: What replays made of it, newest first.
        duplicate: Its row in ops.duplicates.
        erased: Whether a person was erased with it.
        lost: Whether it is in a gap that a person accepted.
    """

    address: Address
    passed: bool
    bronze: Row | None = None
    silver: list[Row] = field(default_factory=list)
    quarantine: Row | None = None
    outcomes: list[Row] = field(default_factory=list)
    duplicate: Row | None = None
    erased: bool = False
    lost: bool = False

    def whereabouts(self) -> Whereabouts | None:
        """Where the event is; None for an address of which nothing is known."""
        if self.silver:
            return Whereabouts.REPLAYED if self.quarantine else Whereabouts.SILVER
        if self.duplicate:
            return Whereabouts.DUPLICATE
        if self.quarantine:
            return Whereabouts.QUARANTINED
        if self.erased or self.lost:
            return Whereabouts.ERASED if self.erased else Whereabouts.LOST
        if self.bronze:
            return Whereabouts.MISSING if self.passed else Whereabouts.IN_FLIGHT
        return None

    def broker_time(self) -> datetime | None:
        """The broker's clock when it took the event; ops.duplicates has none."""
        rows = [self.bronze, *self.silver, self.quarantine]
        return next((row["kafka_timestamp"] for row in rows if row), None)

    def silver_time(self) -> datetime | None:
        """Silver's clock when it published the event, or judged it."""
        rows = [*self.silver, self.quarantine]
        found: datetime | None = next((row["processing_time"] for row in rows if row), None)
        return self.duplicate["seen_at"] if self.duplicate and found is None else found

    def produced_at(self) -> datetime | None:
        """The producer's own clock, from its header; None if there is no readable one."""
        for header in (self.bronze or {}).get("headers") or ():
            if header["key"] == "produced_at":
                return _moment(header["value"])
        return None


def _moment(value: bytes | None) -> datetime | None:
    try:
        found = datetime.fromisoformat((value or b"").decode("ascii"))
    except ValueError:
        return None
    return found if found.tzinfo else None
