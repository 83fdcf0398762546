"""Silver's rules in the small: which events are quarantined today, where the others belong, on which day they are."""

from dataclasses import dataclass
from datetime import date

from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.stage_tables import SILVER

KEPT = tuple(name for name, role in SILVER.items() if role is Role.OUT)
QUARANTINE = next(name for name, role in SILVER.items() if role is Role.QUARANTINED)
DUPLICATES = next(name for name, role in SILVER.items() if role is Role.DUPLICATES)
OUTCOMES = "silver.quarantine_outcomes"
LOSSES = "ops.data_loss"
DAYS = (0, 1, 2)
CLASSES = 4


@dataclass(frozen=True)
class Rules:
    """A version of the rules: the classes of events that are bad."""

    bad: frozenset[int] = frozenset({0, 1})

    def quarantines(self, event: int) -> bool:
        return event % CLASSES in self.bad

    def changed(self, kind: int) -> "Rules":
        """A version that thinks otherwise about one class."""
        return Rules(self.bad ^ {kind % CLASSES})


def home(event: int) -> str:
    """The typed table of an event."""
    return KEPT[event % len(KEPT)]


def day(event: int) -> int:
    """The event day, by which typed tables are overwritten."""
    return event % len(DAYS)


def as_date(number: int) -> date:
    """The same day as stamps spell it."""
    return date(2026, 1, 1 + number)
