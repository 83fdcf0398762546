"""One visit as a state machine: what a visitor does next depends only on what was done last and on the cart."""

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from .assortment import CATEGORIES, SEARCH_TERMS
from .catalogue import Catalogue, Product
from .chance import Chance, Weighted
from .events import Event, Millis, Sale, body, short_id, uuid7
from .funnel import BOT_NEXT, CHANNELS, LOGIN_SHARE, LOGOUT_SHARE, QUANTITIES, Step
from .habits import Habits
from .orders import Cart, Order, place
from .visitors import Visitor

BOT_LENGTH = 5
"""Machines make visits so many times longer."""
# Python 3.11 looks a member of an enum up slowly; these are looked up for every event.
ARRIVE, LOGIN, LOGOUT, HOME, CATEGORY, ADD = Step.ARRIVE, Step.LOGIN, Step.LOGOUT, Step.HOME, Step.CATEGORY, Step.ADD
EMPTY = Cart("")
OF_A_CART = frozenset((Step.CART, Step.REMOVE, Step.CHECKOUT, Step.PURCHASE))
BOT_CHOICE = Weighted(tuple(BOT_NEXT.items()))


class World(NamedTuple):
    """What all visits share."""

    catalogue: Catalogue
    chance: Chance
    habits: Habits
    funnel: dict[Step, Weighted[Step]]


class Session:
    """One visit.

    Args:
        visitor: who visits.
        at: when it begins.
        chance: decides what the visit is; what happens in it is decided by the world's.
        shift: milliseconds by which the clock of its device is ahead of the shop's (below 0: behind).
        oddity: name of the defect that `shift` stands for, if it is one.
    """

    __slots__ = (
        "_cart", "_scene", "_who", "left", "oddity", "order", "product", "session_id", "shift", "step", "visitor",
    )  # fmt: skip

    def __init__(self, visitor: Visitor, at: Millis, chance: Chance, shift: int = 0, oddity: str | None = None) -> None:
        self.visitor = visitor
        self.session_id = short_id("S", at, next(chance.tails))
        self.step: Step | None = None
        self.product: Product | None = None
        self.order: Order | None = None
        """The order placed by the step just taken."""
        self.left = next(chance.lengths) * (BOT_LENGTH if visitor.is_bot else 1)
        """Events until it is over."""
        self.shift = shift
        self.oddity = oddity
        self._who = f'{visitor.identity},"session_id":"{self.session_id}"'
        self._scene = f"{visitor.device},{CHANNELS.pick(chance)}"
        self._cart: Cart | None = None
        """From the first thing put in until it is bought."""

    def advance(self, at: Millis, world: World) -> Event:
        """Take the next step and tell it as an event."""
        self.order = None
        self.step = self._next(world)
        self.left -= 1
        return self._acts[self.step](self, Millis(at + self.shift) if self.shift else at, world)

    def _next(self, world: World) -> Step:
        chance, last = world.chance, self.step
        if self.visitor.is_bot:
            return BOT_CHOICE.pick(chance)
        if last is None:
            return ARRIVE
        if last is ARRIVE:
            if next(chance.uniform) < LOGIN_SHARE:
                return HOME if self.visitor.is_guest else LOGIN
        elif self.left == 1 and next(chance.uniform) < LOGOUT_SHARE:
            return HOME if self.visitor.is_guest else LOGOUT
        step = world.funnel[last].pick(chance)
        return step if self._possible(step) else CATEGORY

    def _possible(self, step: Step) -> bool:
        if step is ADD:
            return self.product is not None and (self._cart or EMPTY).has_room_for(self.product)
        return step not in OF_A_CART or (self._cart is not None and bool(self._cart.lines))

    def _told(self, event_type: str, at: Millis, world: World, rest: str, sale: Sale | None = None) -> Event:
        event_id = uuid7(at, next(world.chance.tails))
        value, visitor = body(event_type, event_id, at, self._who, rest), self.visitor
        return Event(event_type, event_id, at, visitor.key, value, not visitor.is_bot, self.oddity, sale)

    def _session_event(self, kind: str, at: Millis, world: World) -> Event:
        return self._told("user_session", at, world, f'"session_type":"{kind}",{self._scene}')

    def _view(self, at: Millis, world: World, page_type: str, path: str, about: str = "") -> Event:
        page = f'"page_type":"{page_type}","page_url":"https://shop.example{path}",{about}{self._scene}'
        return self._told("page_view", at, world, page)

    def _arrive(self, at: Millis, world: World) -> Event:
        return self._session_event("start", at, world)

    def _login(self, at: Millis, world: World) -> Event:
        return self._session_event("login", at, world)

    def _logout(self, at: Millis, world: World) -> Event:
        return self._session_event("logout", at, world)

    def _home(self, at: Millis, world: World) -> Event:
        return self._view(at, world, "home", "/")

    def _category(self, at: Millis, world: World) -> Event:
        category = world.chance.one_of(CATEGORIES).name
        return self._view(at, world, "category", f"/c/{category}", f'"category":"{category}",')

    def _search(self, at: Millis, world: World) -> Event:
        term = world.chance.one_of(SEARCH_TERMS)
        path = f"/search?q={term.replace(' ', '+')}"
        return self._view(at, world, "search_results", path, f'"search_term":"{term}",')

    def _look(self, at: Millis, world: World) -> Event:
        product = self.product = world.catalogue.pick(world.chance, self.visitor.favourite, world.habits)
        return self._view(at, world, "product_detail", f"/p/{product.product_id}", f"{product.named},")

    def _view_cart(self, at: Millis, world: World) -> Event:
        return self._view(at, world, "cart", "/cart")

    def _add(self, at: Millis, world: World) -> Event:
        if self.product is None:
            raise RuntimeError("nothing was looked at")
        if self._cart is None:
            self._cart = Cart(short_id("C", at, next(world.chance.tails)))
        return self._told("add_to_cart", at, world, self._cart.add(self.product, QUANTITIES.pick(world.chance)))

    def _remove(self, at: Millis, world: World) -> Event:
        return self._told("remove_from_cart", at, world, self._full_cart().remove(world.chance))

    def _check_out(self, at: Millis, world: World) -> Event:
        return self._told("begin_checkout", at, world, self._full_cart().checkout())

    def _purchase(self, at: Millis, world: World) -> Event:
        share = world.habits.discounted_share
        self.order, sale, rest = place(self._full_cart(), self.visitor, at, share, world.chance)
        self._cart = None
        return self._told("purchase", at, world, rest, sale)

    def _full_cart(self) -> Cart:
        if self._cart is None:
            raise RuntimeError("nothing is in the cart")
        return self._cart

    _acts: ClassVar[dict[Step, Callable[["Session", Millis, World], Event]]] = {
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
        Step.LOGOUT: _logout,
    }
