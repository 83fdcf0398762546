"""What must come of a run: the figures that silver and gold have to show, added up while the events are made."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shoplake_contracts import events as contract

from .behaviour.events import DAY, Event, Millis, Sale, rfc3339
from .behaviour.money import Cents, amount
from .defects.planting import SILVER, Planted

PURCHASE = "purchase"
MOST_VISITORS = 1_000_000
"""Distinct visitors are counted one by one, up to so many a day: beyond, the figure is left out rather than guessed."""
_TABLES = {event_type: contract.table_of(event_type) for event_type in contract.event_types()}


@dataclass
class Day:
    """One day in UTC, by event time."""

    orders: int = 0
    guest_orders: int = 0
    units: int = 0
    gross: Cents = 0
    guest_gross: Cents = 0
    discounts: Cents = 0
    shipping: Cents = 0
    tax: Cents = 0
    refund_count: int = 0
    refunds: Cents = 0
    guest_refunds: Cents = 0
    visitors: set[bytes] = field(default_factory=set)
    purchasers: set[bytes] = field(default_factory=set)

    def count(self, events: Sequence[Event]) -> None:
        """Take in people's events of this day."""
        if len(self.visitors) <= MOST_VISITORS:
            self.visitors.update([event.key for event in events])
            self.purchasers.update([event.key for event in events if event.event_type == PURCHASE])
        for event in events:
            if event.sale is not None:
                (self._bought if event.event_type == PURCHASE else self._given_back)(event.sale)

    def figures(self) -> dict[str, Any]:
        """By the names of `gold.daily_sales_summary`; money as text with two decimals."""
        known = len(self.visitors) <= MOST_VISITORS
        return {
            "total_transactions": self.orders,
            "guest_orders": self.guest_orders,
            "units": self.units,
            "gross_revenue": amount(self.gross),
            "guest_gross_revenue": amount(self.guest_gross),
            "discounts": amount(self.discounts),
            "shipping": amount(self.shipping),
            "tax": amount(self.tax),
            "refund_count": self.refund_count,
            "refunds": amount(self.refunds),
            "guest_refunds": amount(self.guest_refunds),
            "visitors": len(self.visitors) if known else None,
            "purchasers": len(self.purchasers) if known else None,
        }

    def _bought(self, sale: Sale) -> None:
        self.orders += 1
        self.units += sale.units
        self.gross += sale.total
        self.discounts += sale.discount
        self.shipping += sale.shipping
        self.tax += sale.tax
        if sale.guest:
            self.guest_orders += 1
            self.guest_gross += sale.total

    def _given_back(self, sale: Sale) -> None:
        self.refund_count += 1
        self.refunds += sale.total
        self.guest_refunds += sale.total if sale.guest else 0


class Truth:
    """Adds up what is sent."""

    def __init__(self) -> None:
        self.planted: Counter[str] = Counter()
        self._event_types: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._duplicates = 0
        self._days: dict[int, Day] = {}

    @property
    def event_types(self) -> dict[str, int]:
        """Good events by type, without copies."""
        return dict(self._event_types)

    def count(self, events: Sequence[Event]) -> None:
        """Take in good events that are sent for the first time."""
        self._event_types.update([event.event_type for event in events])
        people = [event for event in events if event.is_person]
        for number in {event.at // DAY for event in people}:
            day = self._days.setdefault(number, Day())
            day.count([event for event in people if event.at // DAY == number])

    def plant(self, planted: Planted) -> None:
        """Take in a fault that is sent."""
        self.planted.update(planted.defects)
        if planted.reason is not None:
            self._reasons[planted.reason] += 1
        elif planted.fate != SILVER:
            self._duplicates += 1

    def mirror(self, number: int) -> None:
        """Take in so many copies of good messages on `raw-events`."""
        self._duplicates += number

    def expected(self) -> dict[str, Any]:
        """What silver and gold have to show for this run alone, if nothing had to be sent twice."""
        tables: Counter[str] = Counter()
        for event_type, number in self._event_types.items():
            tables[_TABLES[event_type]] += number
        return {
            "event_types": dict(self._event_types),
            "tables": dict(tables),
            "quarantined": dict(self._reasons),
            "duplicates": self._duplicates,
            "days": {rfc3339(Millis(day * DAY))[:10]: self._days[day].figures() for day in sorted(self._days)},
        }
