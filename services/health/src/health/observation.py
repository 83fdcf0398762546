"""What health knows at one moment, as pure arithmetic on stamps: positions, lag, the equation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

from shoplake_lake_kit.accounting import Accounting, account
from shoplake_lake_kit.stage_tables import SILVER, STAGES
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.vector import Position

RAW_EVENTS = "bronze.raw_events"


@dataclass(frozen=True)
class Lag:
    """How far a stage is behind the broker.

    `events` counts offsets; `seconds` is the broker-clock age of the newest event the stage has, 0 when it has all,
    None when it has none or its stamps carry no clock.
    """

    position: Position
    events: int
    seconds: float | None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        seconds = None if self.seconds is None else round(self.seconds, 3)
        return {"position": dict(self.position), "events": self.events, "seconds": seconds}


@dataclass(frozen=True)
class Observation:
    """The broker's end by topic lives and the newest stamps of every table, newest first, read at `at`."""

    at: datetime
    end: Position
    stamps: Mapping[str, tuple[Stamp, ...]]

    def accounting(self) -> Accounting:
        """The equation at the lowest position of the silver tables."""
        bronze = self.stamps[RAW_EVENTS]
        return account(self.end, bronze[0] if bronze else None, {name: self.stamps[name] for name in SILVER})

    def lags(self) -> dict[str, Lag]:
        """Lag per stage."""
        return {stage: self._lag(names) for stage, names in STAGES.items()}

    def _lag(self, names: Iterable[str]) -> Lag:
        histories = [self.stamps[name] for name in names]
        newest = [history[0] for history in histories if history]
        if len(newest) < len(histories):
            return Lag(Position.zero(), self._behind(self._origin()), None)
        position = reduce(lambda one, other: one.lowest(other), (stamp.position for stamp in newest))
        events = self._behind(position)
        clocks = [stamp.appended_at_max for stamp in newest if stamp.appended_at_max]
        age = (self.at - max(clocks)).total_seconds() if clocks else None
        return Lag(position, events, 0.0 if events == 0 else age)

    def _origin(self) -> Position:
        bronze = self.stamps[RAW_EVENTS]
        return bronze[0].origin if bronze else Position.zero()

    def _behind(self, position: Position) -> int:
        return self.end.highest(position).minus(position).total()
