"""The whole shop: many visits at once, products that change, refunds of earlier orders. One call is one event."""

from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random

from .catalogue import Catalogue
from .events import Event, Millis, new_event
from .orders import Order, refund
from .sessions import Session
from .visitors import Population, invent_addresses, invent_brands

SHOP_SEED = 20_240_501
"""The shop and its customers are the same in every run; a run's own seed decides what happens in it."""

PRODUCT_UPDATE_SHARE = 0.06
REFUNDED_ORDERS = 0.05
REFUND_AFTER = (200, 5_000)
"""A refund comes this many events after its order, so that short and fast runs have some as well."""


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
        seed: Decides everything that happens; the same seed and times give the same events.
        visits: How many visits go on at once.
        size: How big the shop is.
    """

    def __init__(self, seed: int, visits: int, size: Size | None = None) -> None:
        size = size or Size()
        origin = Random(SHOP_SEED)  # noqa: S311  # invents a shop, guards nothing
        brands = invent_brands(SHOP_SEED, size.brands)
        self._catalogue = Catalogue(origin, size.products, brands)
        self._population = Population(origin, size.users, invent_addresses(SHOP_SEED, size.addresses))
        self._rng = Random(seed)  # noqa: S311  # as above
        self._visits: list[Session | None] = [None] * visits
        self._told = 0
        self._returns: list[tuple[int, int, Order]] = []

    def next_event(self, at: Millis) -> Event:
        """What happens next, at this time; `at` MUST NOT run backwards."""
        self._told += 1
        if self._returns and self._returns[0][0] <= self._told:
            return self._refund(heappop(self._returns)[-1], at)
        if self._rng.random() < PRODUCT_UPDATE_SHARE:
            return self._catalogue.update(at, self._rng)
        return self._visit(at)

    def _visit(self, at: Millis) -> Event:
        spot = self._rng.randrange(len(self._visits))
        visit = self._visits[spot]
        if visit is None:
            visitor = self._population.arrive(at, self._rng)
            self._visits[spot] = visit = Session(visitor, self._catalogue, at, self._rng)
        event = visit.advance(at)
        if visit.over:
            self._visits[spot] = None
        if visit.order and self._rng.random() < REFUNDED_ORDERS:
            heappush(self._returns, (self._told + self._rng.randint(*REFUND_AFTER), self._told, visit.order))
        return event

    def _refund(self, order: Order, at: Millis) -> Event:
        event = new_event("refund", at, self._rng) | order.buyer.identity()
        event["session_id"] = None
        return event | refund(order, at, self._rng)
