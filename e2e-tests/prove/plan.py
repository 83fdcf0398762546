"""What is sent, in which order, and what has to become of it: the truth, written down before anything happens."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from shoplake_contracts.reasons import Reason

from prove.draw import Draw
from prove.events import TOPICS, event
from prove.malformed import KINDS, TOO_LARGE, corpus, purchase

RAW = "raw-events"
ALL_TOPICS = (*dict.fromkeys(TOPICS.values()), RAW)
# Of 10,000 sends.
MALFORMED, COPIES, LATE = 100, 200, 500
# Of the malformed: dated 1995, which is too old for the load's setting and good under the default.
REPAIRABLE_SHARE = 12
NEAR = 2_000
# Many days of a shop, not one: a day is what gold computes anew when something of it arrives.
EVENTS_A_DAY = 25_000
MOST_TOO_LARGE = 20


class Kind(Enum):
    """What a send is."""

    GOOD = 0
    LATE = 1
    COPY = 2
    MALFORMED = 3
    REPAIRABLE = 4


class Record(NamedTuple):
    """One send.

    Attributes:
        topic: where to.
        key: the record's key.
        payload: None for a record without payload.
        headers: as the contract has them, where a producer sets any.
        reason: for which it has to be quarantined; None for a good one.
        event: the number of the event it carries, good or repairable; -1 for a malformed one.
        repairable: whether a replay under the default settings has to restore it.
    """

    topic: str
    key: bytes
    payload: bytes | None
    headers: list[tuple[str, str | bytes | None]]
    reason: Reason | None
    event: int
    repairable: bool


@dataclass(frozen=True)
class Plan:
    """A load: every send is a function of the seed and its number.

    Attributes:
        seed: decides everything but the clock.
        events: number of sends.
        base: where the load's clock ends; no event happens after it, except those that are wrong because of it.
    """

    seed: int
    events: int
    base: datetime

    def records(self) -> Iterator[Record]:
        """Every send in order."""
        return map(self.record, range(self.events))

    def clock(self, number: int) -> datetime:
        """Where the load's clock stands when this send is made: so many days before `base` as there are to come."""
        return self.base - timedelta(days=1) * (self.events - number) / EVENTS_A_DAY

    def record(self, number: int) -> Record:
        """The send with this number."""
        kind = self.kind(number)
        if kind is Kind.MALFORMED:
            return self._malformed(number)
        if kind is Kind.COPY:
            original = self.original(number)
            return self._event(number, original, self.kind(original))
        return self._event(number, number, kind)

    def kind(self, number: int) -> Kind:
        """What a send is; a copy for which there is nothing to copy yet is a good event."""
        draw = Draw(self.seed, "kind", number)
        drawn = draw.below(10_000)
        if drawn < MALFORMED:
            return Kind.REPAIRABLE if draw.below(REPAIRABLE_SHARE) == 0 else Kind.MALFORMED
        if drawn < MALFORMED + COPIES:
            return Kind.COPY if self.original(number) >= 0 else Kind.GOOD
        return Kind.LATE if drawn < MALFORMED + COPIES + LATE else Kind.GOOD

    def original(self, number: int) -> int:
        """The send that a copy repeats: close before it or anywhere before it; -1 if there is none."""
        draw = Draw(self.seed, "original", number)
        if number == 0:
            return -1
        near = draw.below(2) == 0
        found = number - 1 - draw.below(min(number, NEAR)) if near else draw.below(number)
        while found >= 0 and not self._can_be_copied(found):
            found -= 1
        return found

    def event_id(self, number: int) -> str:
        """The id of the event with this number."""
        return f"{self.seed:x}-{number:x}"

    def _can_be_copied(self, number: int) -> bool:
        # Drawn as no copy: asking `kind` would ask for that copy's original, and so on to the beginning.
        drawn = Draw(self.seed, "kind", number).below(10_000)
        return not MALFORMED <= drawn < MALFORMED + COPIES and self.kind(number) is not Kind.MALFORMED

    def _event(self, number: int, original: int, kind: Kind) -> Record:
        repairable = kind is Kind.REPAIRABLE
        made = event(self.seed, original, self.clock(original), late=kind is Kind.LATE, ancient=repairable)
        draw = Draw(self.seed, "send", number)
        home = made.home if number == original or draw.below(2) else not made.home
        headers: list[tuple[str, str | bytes | None]] = [
            ("event_type", made.event_type.encode()),
            ("event_id", made.event_id.encode()),
        ]
        return Record(
            TOPICS[made.event_type] if home else RAW,
            b"%d" % draw.below(1_000),
            made.payload.encode(),
            headers if draw.below(2) else [],
            Reason.TOO_OLD if repairable else None,
            original,
            repairable,
        )

    def _malformed(self, number: int) -> Record:
        draw = Draw(self.seed, "malformed", number)
        # A few of a megabyte are as good as hundreds.
        large = draw.below(10**6) < min(10**6 // len(KINDS), 10**6 * MOST_TOO_LARGE * 100 // self.events)
        kind = TOO_LARGE if large else draw.one_of(draw.one_of((KINDS, corpus())))
        payload = kind.spoil(purchase(f"{self.seed:x}-bad-{number:x}", self.clock(number).isoformat()))
        headers: list[tuple[str, str | bytes | None]] = [(name, text.encode()) for name, text in kind.headers.items()]
        return Record(kind.topic, b"%d" % draw.below(1_000), payload, headers, kind.reason, -1, repairable=False)
