"""Plants the faults: what is sent in whose place, what is held back, what is sent again; and what must come of it."""

from bisect import bisect
from collections import deque
from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import accumulate
from typing import NamedTuple

from shoplake_contracts import events as contract
from shoplake_contracts.reasons import Reason
from shoplake_service_kit.event_publisher import Message

from generator.behaviour.chance import Chance
from generator.behaviour.events import Event
from generator.encoding import RAW_TOPIC

from .rates import DefectRates
from .spoiling import add_field, can_be, change_type, spoil

PURPOSE = 1
HELD_FOR = (1, 1_000)
RECENT, REMEMBERED = 1_000, 4_000
SILVER, QUARANTINE = "silver", "quarantine"
OUT_OF_ORDER, DUPLICATE, DUPLICATE_ELSEWHERE = "out_of_order", "duplicate", "duplicate_elsewhere"
REASONS: frozenset[str] = frozenset(Reason)
NEW_FIELD, CHANGED_TYPE = "new_field", "changed_type"


class Planted(NamedTuple):
    """A fault, or several of one message.

    Attributes:
        defects: their names.
        fate: where the message must end: `silver`, `quarantine` or `duplicate`.
        reason: why it must be quarantined.
        event_id: as the good event had it.
    """

    defects: tuple[str, ...]
    fate: str
    reason: str | None
    event_id: str


class Outgoing(NamedTuple):
    """A message, the event if it is that event's first good sending, and the fault if it has one."""

    message: Message
    event: Event | None
    planted: Planted | None


class Defects:
    """Takes good messages and gives out what is sent.

    Args:
        seed: decides which are hit; apart from the traffic's own chance, so that faults change nothing else.
        rates: how many.
    """

    def __init__(self, seed: int, rates: DefectRates) -> None:
        self._chance = Chance(seed, PURPOSE)
        self._copied = _Copies(self._chance)
        self._held: list[tuple[int, int, Outgoing]] = []
        self._waiting: deque[Outgoing] = deque()
        self._turn = 0
        self.rate(rates)

    def rate(self, rates: DefectRates) -> None:
        """Go on with other rates."""
        self._kinds = {event_type: _choice(event_type, rates) for event_type in contract.event_types()}
        self._remembers = rates.duplicate + rates.duplicate_elsewhere > 0
        self._plants = any(kinds for _, kinds in self._kinds.values())

    @property
    def idle(self) -> bool:
        """Whether good events pass as they are."""
        return not self._plants and not self.held

    @property
    def held(self) -> int:
        """Messages that are made and whose turn has not come."""
        return len(self._held) + len(self._waiting)

    def due(self, *, at_last: bool = False) -> Outgoing | None:
        """What was made before and is to be sent now; with `at_last` also what was to be held longer."""
        if self._waiting:
            return self._sent(self._waiting.popleft())
        if self._held and (at_last or self._held[0][0] <= self._turn):
            return self._sent(heappop(self._held)[-1])
        return None

    def take(self, event: Event, message: Message) -> Outgoing | None:
        """What is sent in the turn of a good event; None if it is held back and another one is to be made."""
        self._turn += 1
        kind = self._drawn(event.event_type)
        if kind == OUT_OF_ORDER:
            until = self._turn + self._chance.integer(*HELD_FOR)
            heappush(self._held, (until, self._turn, sound(event, message, (kind,))))
            return None
        if kind in (DUPLICATE, DUPLICATE_ELSEWHERE) and self._copied:
            self._waiting.append(sound(event, message))
            return self._copied.again(kind)
        if kind == NEW_FIELD:
            return self._sent(sound(event, message._replace(value=add_field(message.value)), (kind,)))
        if kind is not None and (kind == CHANGED_TYPE or kind in REASONS):
            return _spoilt(event, message, kind)
        return self._sent(sound(event, message))

    def _drawn(self, event_type: str) -> str | None:
        sums, kinds = self._kinds[event_type]
        drawn = next(self._chance.uniform)
        return kinds[bisect(sums, drawn)] if kinds and drawn < sums[-1] else None

    def _sent(self, outgoing: Outgoing) -> Outgoing:
        if self._remembers:
            self._copied.remember(outgoing)
        return outgoing


class _Copies:
    """Good messages that may be sent again: the newest, and some of all that went before."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._recent: list[Outgoing] = []
        self._earlier: list[Outgoing] = []
        self._seen = 0

    def __bool__(self) -> bool:
        return bool(self._recent)

    def remember(self, outgoing: Outgoing) -> None:
        """Take one in; every one of a run has the same chance to be among the earlier ones."""
        self._seen += 1
        _put(self._recent, self._seen % RECENT, outgoing)
        place = self._chance.integer(0, self._seen - 1)
        if place < REMEMBERED:
            _put(self._earlier, place, outgoing)

    def again(self, kind: str) -> Outgoing:
        """One of them, on its own topic or elsewhere."""
        event_id, message = self._picked()
        topic = RAW_TOPIC if kind == DUPLICATE_ELSEWHERE else message.topic
        # A message of its own, though equal: what is confirmed is told by which message it was.
        return Outgoing(message._replace(topic=topic), None, Planted((kind,), DUPLICATE, None, event_id))

    def _picked(self) -> tuple[str, Message]:
        one = self._chance.one_of(self._recent if self._chance.happens(0.5) else self._earlier)
        return (one.event.event_id if one.event else ""), one.message


def _put(kept: list[Outgoing], place: int, outgoing: Outgoing) -> None:
    if place < len(kept):
        kept[place] = outgoing
    else:
        kept.append(outgoing)


def sound(event: Event, message: Message, defects: tuple[str, ...] = ()) -> Outgoing:
    """A good event as it is; its visit may be odd."""
    odd = (event.oddity, *defects) if event.oddity else defects
    return Outgoing(message, event, Planted(odd, SILVER, None, event.event_id) if odd else None)


def _spoilt(event: Event, message: Message, kind: str) -> Outgoing:
    if kind == CHANGED_TYPE:
        changed, reason = message._replace(value=change_type(message.value)), Reason.WRONG_TYPE
    else:
        changed, reason = spoil(message, Reason(kind)), Reason(kind)
    return Outgoing(changed, None, Planted((kind,), QUARANTINE, reason, event.event_id))


def _choice(event_type: str, rates: DefectRates) -> tuple[Sequence[float], Sequence[str]]:
    """The kinds that an event of the type may be hit by, and the sums of their shares."""
    possible = [
        (kind, share)
        for kind, share in rates.of_events()
        if share > 0 and (kind not in REASONS or can_be(event_type, Reason(kind)))
    ]
    return list(accumulate(share for _, share in possible)), [kind for kind, _ in possible]
