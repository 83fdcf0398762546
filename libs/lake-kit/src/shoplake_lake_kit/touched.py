"""On which days the rows of a batch happened and arrived, told so that a reader in any time zone knows its own days.

A day of UTC holds parts of at most two days of any other zone. So the first and the last second of what there is on
each day of UTC tell all days of all zones, and nobody has to look at the rows again.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Ends = tuple[int, int]
"""The first and the last of some instants, both on one day (UTC), in whole seconds since 1970."""
MOST_DAYS = 400
"""A stamp is small: of a batch that is spread wider, as a backlog of years may be, it tells nothing."""
_DAY = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Touched:
    """What the rows of one batch or of several touched.

    Attributes:
        happened: When the events took place, day by day; of rows that cannot tell (bronze, quarantine, copies) nothing.
        arrived: When bronze took them, day by day.
    """

    happened: tuple[Ends, ...] = ()
    arrived: tuple[Ends, ...] = ()

    @property
    def is_short(self) -> bool:
        """Whether it fits into a stamp."""
        return max(len(self.happened), len(self.arrived)) <= MOST_DAYS

    def plus(self, other: "Touched") -> "Touched":
        """What either touched."""
        return Touched(by_day((*self.happened, *other.happened)), by_day((*self.arrived, *other.arrived)))

    def to_json(self) -> str:
        """Compact JSON; `parse` gives it back."""
        return json.dumps({"happened": self.happened, "arrived": self.arrived}, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> "Touched":
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: it did not write this.
        """
        told: Mapping[str, list[Ends]] = json.loads(text)
        return cls(*(by_day((int(first), int(last)) for first, last in told[name]) for name in ("happened", "arrived")))


def by_day(instants: Iterable[Ends]) -> tuple[Ends, ...]:
    """The ends of each day (UTC), from the ends of parts of it, in order."""
    found: dict[int, Ends] = {}
    for first, last in instants:
        known = found.get(first // _DAY, (first, last))
        found[first // _DAY] = (min(first, known[0]), max(last, known[1]))
    return tuple(found[day] for day in sorted(found))


def days_in(zone: str, instants: Iterable[Ends]) -> set[date]:
    """The days of a time zone that the instants lie on."""
    there = ZoneInfo(zone)
    return {(_EPOCH + timedelta(seconds=end)).astimezone(there).date() for ends in instants for end in ends}
