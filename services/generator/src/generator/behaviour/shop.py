"""The whole shop: many visits at once, products that change, refunds of earlier orders. One call is one event."""

from dataclasses import dataclass
from heapq import heappop, heappush

from .catalogue import Catalogue
from .chance import Chance
from .events import DAY, Event, Millis, body, uuid7
from .funnel import funnel
from .habits import USUAL, Habits
from .oddities import Oddities
from .orders import Order, refund
from .sessions import Session, World
from .visitors import Population, Visitor, invent_addresses, invent_brands

SHOP_SEED = 20_240_501
"""The shop and its customers are the same in every run; a run's own seed decides what happens in it."""

REFUND_AFTER_EVENTS = (200, 5_000)
"""A refund comes so many events after its order, so that short and fast runs have some as well …"""
REFUND_AFTER_DAYS = (1, 14)
"""… or so many days, where the run itself covers many days."""
FIRST_VISITS, EVENTS_PER_MORE_VISIT = 3, 5


@dataclass(frozen=True)
class Size:
    """How big the shop is."""

    products: int = 1_000
    users: int = 5_000
    addresses: int = 1_000
    brands: int = 40


class Shop:
    """Endless traffic.

    Args:
        seed: decides everything that happens; the same seed and times give the same events.
        visits: how many visits go on at once.
        size: how big the shop is.
        oddities: shares of visits whose clock is not the shop's.
        refund_days: whether refunds come days after their order, instead of events after it.
    """

    def __init__(
        self,
        seed: int,
        visits: int,
        size: Size | None = None,
        oddities: Oddities | None = None,
        *,
        refund_days: bool = False,
    ) -> None:
        size = size or Size()
        origin = Chance(SHOP_SEED)
        self._population = Population(origin, size.users, invent_addresses(SHOP_SEED, size.addresses))
        catalogue = Catalogue(origin, size.products, invent_brands(SHOP_SEED, size.brands))
        self._chance = Chance(seed)
        self._oddities = oddities or Oddities()
        self._world = World(catalogue, self._chance, USUAL, funnel(USUAL))
        self._visits: list[Session | None] = [None] * visits
        self._going_on = min(FIRST_VISITS, visits)
        self._refund_days = refund_days
        self._told = 0
        self._returns: list[tuple[int, int, Order]] = []

    def behave(self, habits: Habits) -> None:
        """Go on with other habits."""
        if habits is not self._world.habits:
            self._world = self._world._replace(habits=habits, funnel=funnel(habits))

    def next_event(self, at: Millis) -> Event:
        """What happens next, at this time; `at` MUST NOT run backwards."""
        self._told += 1
        if self._returns and self._returns[0][0] <= (at if self._refund_days else self._told):
            return self._refund(heappop(self._returns)[-1], at)
        if next(self._chance.uniform) < self._world.habits.product_update_share:
            return self._world.catalogue.update(at, self._chance)
        return self._visit(at)

    def _visit(self, at: Millis) -> Event:
        # Few at first: were all visits to begin at once, a run would open with nothing but arrivals.
        if self._told % EVENTS_PER_MORE_VISIT == 0 and self._going_on < len(self._visits):
            self._going_on += 1
        spot = int(next(self._chance.uniform) * self._going_on)
        visit = self._visits[spot]
        if visit is None:
            shift, oddity = self._oddities.draw(self._chance)
            self._visits[spot] = visit = Session(self._visitor(at), at, self._chance, shift, oddity)
        event = visit.advance(at, self._world)
        if visit.left <= 0:
            self._visits[spot] = None
        if visit.order and self._chance.happens(self._world.habits.refunded_share):
            heappush(self._returns, (self._refund_due(at), self._told, visit.order))
        return event

    def _visitor(self, at: Millis) -> Visitor:
        chance, habits = self._chance, self._world.habits
        drawn = next(chance.uniform)
        if drawn < habits.bot_share:
            return self._population.bot(at, chance)
        # Of the people, that is: so it is the share of guests among the orders as well.
        if drawn < habits.bot_share + habits.guest_share * (1 - habits.bot_share):
            return self._population.guest(at, chance)
        return self._population.user(chance)

    def _refund_due(self, at: Millis) -> int:
        if self._refund_days:
            return at + self._chance.integer(REFUND_AFTER_DAYS[0] * DAY, REFUND_AFTER_DAYS[1] * DAY)
        return self._told + self._chance.integer(*REFUND_AFTER_EVENTS)

    def _refund(self, order: Order, at: Millis) -> Event:
        event_id = uuid7(at, next(self._chance.tails))
        sale, rest = refund(order, at, self._chance)
        who = f'{order.buyer.identity},"session_id":null'
        return Event("refund", event_id, at, order.buyer.key, body("refund", event_id, at, who, rest), sale=sale)
