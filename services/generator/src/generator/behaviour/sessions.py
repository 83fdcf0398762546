"""One visit as a state machine: what a visitor does next depends only on what was done last and on the cart."""

from collections.abc import Callable
from enum import StrEnum
from itertools import accumulate
from random import Random
from typing import ClassVar

from .assortment import CATEGORIES, SEARCH_TERMS
from .catalogue import Catalogue, Product
from .chance import weighted
from .events import Event, Millis, new_event, short_id
from .orders import Cart, Order, place
from .visitors import Visitor


class Step(StrEnum):
    """What a visitor can do; each is one event."""

    ARRIVE = "arrive"
    LOGIN = "login"
    HOME = "home"
    CATEGORY = "category"
    SEARCH = "search"
    PRODUCT = "product"
    ADD = "add"
    REMOVE = "remove"
    CART = "cart"
    CHECKOUT = "checkout"
    PURCHASE = "purchase"
    LEAVE = "leave"


NEXT: dict[Step, dict[Step, float]] = {
    Step.ARRIVE: {Step.HOME: 0.45, Step.CATEGORY: 0.20, Step.SEARCH: 0.15, Step.PRODUCT: 0.20},
    Step.LOGIN: {Step.HOME: 0.60, Step.CATEGORY: 0.20, Step.PRODUCT: 0.20},
    Step.HOME: {Step.CATEGORY: 0.35, Step.SEARCH: 0.25, Step.PRODUCT: 0.25, Step.LEAVE: 0.15},
    Step.CATEGORY: {Step.PRODUCT: 0.65, Step.CATEGORY: 0.15, Step.SEARCH: 0.10, Step.LEAVE: 0.10},
    Step.SEARCH: {Step.PRODUCT: 0.65, Step.SEARCH: 0.15, Step.CATEGORY: 0.08, Step.LEAVE: 0.12},
    Step.PRODUCT: {Step.ADD: 0.40, Step.PRODUCT: 0.22, Step.CATEGORY: 0.13, Step.SEARCH: 0.10, Step.LEAVE: 0.15},
    Step.ADD: {Step.CART: 0.45, Step.PRODUCT: 0.30, Step.CATEGORY: 0.15, Step.LEAVE: 0.10},
    Step.REMOVE: {Step.CART: 0.50, Step.PRODUCT: 0.30, Step.LEAVE: 0.20},
    Step.CART: {Step.CHECKOUT: 0.60, Step.REMOVE: 0.10, Step.PRODUCT: 0.15, Step.LEAVE: 0.15},
    Step.CHECKOUT: {Step.PURCHASE: 0.75, Step.CART: 0.10, Step.LEAVE: 0.15},
    Step.PURCHASE: {Step.HOME: 0.15, Step.LEAVE: 0.85},
}
"""The funnel. A step that cannot be taken (an empty cart, nothing in stock) becomes a look at a category."""

LOGIN_SHARE = 0.5
LOGOUT_SHARE = 0.4
QUANTITIES = ((1, 0.75), (2, 0.17), (3, 0.05), (6, 0.03))
NOWHERE: Event = {"referrer": None, "utm_source": None, "utm_medium": None, "utm_campaign": None}
CHANNELS = (
    (NOWHERE, 0.35),
    (NOWHERE | {"referrer": "https://www.google.com/"}, 0.30),
    (
        {
            "referrer": "https://www.google.com/",
            "utm_source": "google",
            "utm_medium": "cpc",
            "utm_campaign": "brand",
        },
        0.15,
    ),
    ({"referrer": None, "utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "weekly"}, 0.10),
    (
        {
            "referrer": "https://www.instagram.com/",
            "utm_source": "instagram",
            "utm_medium": "social",
            "utm_campaign": "summer",
        },
        0.10,
    ),
)
_CHOICES = {step: (tuple(after), tuple(accumulate(after.values()))) for step, after in NEXT.items()}


class Session:
    """One visit from arrival to leaving.

    Args:
        visitor: Who visits.
        catalogue: What can be bought.
        at: When it begins.
        rng: Decides everything that is left to chance.
    """

    def __init__(self, visitor: Visitor, catalogue: Catalogue, at: Millis, rng: Random) -> None:
        self.visitor = visitor
        self.session_id = short_id("S", at, rng)
        self.step: Step | None = None
        self.order: Order | None = None
        """The order placed by the step just taken."""
        self._catalogue = catalogue
        self._rng = rng
        self._channel: Event = weighted(CHANNELS, rng)
        self._cart = Cart(short_id("C", at, rng))
        self._product: Product | None = None

    @property
    def over(self) -> bool:
        """Whether the visitor has left."""
        return self.step is Step.LEAVE

    def advance(self, at: Millis) -> Event:
        """Take the next step and tell it as an event."""
        self.order = None
        self.step = self._next()
        return self._acts[self.step](self, at)

    def _next(self) -> Step:
        if self.step is None:
            return Step.ARRIVE
        if self.step is Step.ARRIVE and self.visitor.user_id and self._rng.random() < LOGIN_SHARE:
            return Step.LOGIN
        steps, weights = _CHOICES[self.step]
        step = self._rng.choices(steps, cum_weights=weights)[0]
        return step if self._possible(step) else Step.CATEGORY

    def _possible(self, step: Step) -> bool:
        if step in (Step.CART, Step.REMOVE, Step.CHECKOUT, Step.PURCHASE):
            return bool(self._cart.lines)
        return step is not Step.ADD or (self._product is not None and self._product.inventory > 0)

    def _event(self, event_type: str, at: Millis) -> Event:
        event = new_event(event_type, at, self._rng)
        event |= self.visitor.identity()
        event["session_id"] = self.session_id
        return event

    def _session_event(self, at: Millis, session_type: str) -> Event:
        event = self._event("user_session", at)
        event["session_type"] = session_type
        return event | self.visitor.device() | self._channel

    def _view(self, at: Millis, page_type: str, path: str) -> Event:
        event = self._event("page_view", at)
        event |= {"page_type": page_type, "page_url": f"https://shop.example{path}"}
        return event | self.visitor.device() | self._channel

    def _arrive(self, at: Millis) -> Event:
        return self._session_event(at, "start")

    def _login(self, at: Millis) -> Event:
        return self._session_event(at, "login")

    def _leave(self, at: Millis) -> Event:
        by_hand = self.visitor.user_id is not None and self._rng.random() < LOGOUT_SHARE
        return self._session_event(at, "logout" if by_hand else "timeout")

    def _home(self, at: Millis) -> Event:
        return self._view(at, "home", "/")

    def _category(self, at: Millis) -> Event:
        category = self._rng.choice(CATEGORIES).name
        event = self._view(at, "category", f"/c/{category}")
        event["category"] = category
        return event

    def _search(self, at: Millis) -> Event:
        term = self._rng.choice(SEARCH_TERMS)
        event = self._view(at, "search_results", f"/search?q={term.replace(' ', '+')}")
        event["search_term"] = term
        return event

    def _look(self, at: Millis) -> Event:
        self._product = product = self._catalogue.pick(self._rng)
        event = self._view(at, "product_detail", f"/p/{product.product_id}")
        event |= {"product_id": product.product_id, "product_name": product.name, "category": product.category}
        return event

    def _view_cart(self, at: Millis) -> Event:
        return self._view(at, "cart", "/cart")

    def _add(self, at: Millis) -> Event:
        if self._product is None:
            raise RuntimeError("nothing was looked at")
        quantity = weighted(QUANTITIES, self._rng)
        return self._event("add_to_cart", at) | self._cart.add(self._product, quantity)

    def _remove(self, at: Millis) -> Event:
        return self._event("remove_from_cart", at) | self._cart.remove(self._rng)

    def _check_out(self, at: Millis) -> Event:
        return self._event("begin_checkout", at) | self._cart.checkout()

    def _purchase(self, at: Millis) -> Event:
        self.order, fields = place(self._cart, self.visitor, at, self._rng)
        event = self._event("purchase", at) | fields | {"metadata": {"cart_id": self._cart.cart_id}}
        self._cart = Cart(short_id("C", at, self._rng))
        return event

    _acts: ClassVar[dict[Step, Callable[["Session", Millis], Event]]] = {
        Step.ARRIVE: _arrive,
        Step.LOGIN: _login,
        Step.HOME: _home,
        Step.CATEGORY: _category,
        Step.SEARCH: _search,
        Step.PRODUCT: _look,
        Step.ADD: _add,
        Step.REMOVE: _remove,
        Step.CART: _view_cart,
        Step.CHECKOUT: _check_out,
        Step.PURCHASE: _purchase,
        Step.LEAVE: _leave,
    }
