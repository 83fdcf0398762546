"""The products: a few sell a lot and most sell little, and their prices, stock and ratings change."""

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate

from .assortment import ADJECTIVES, CATEGORIES, COLOURS
from .chance import Chance, Weighted
from .events import Event, Millis, body, members, uuid7
from .habits import Habits
from .money import Cents, amount

CURRENCY = "USD"
NOBODY = '"user_id":null,"anonymous_id":null'
UPDATE_MIX = (("inventory_update", 0.50), ("price_change", 0.27), ("rating_update", 0.20), ("created", 0.03))
GROWTH = 2
"""A catalogue grows by `created` events to this multiple of its first size, no further."""


class Product:
    """A product as it is now; `named` and `branded` are its JSON members that never change; `rating` in tenths."""

    __slots__ = ("brand", "branded", "category", "inventory", "named", "price", "product_id", "rating")

    def __init__(self, chance: Chance, number: int, brands: Sequence[str]) -> None:
        category = chance.one_of(CATEGORIES)
        self.product_id = f"P-{number + 1:05d}"
        self.category = category.name
        self.price: Cents = chance.integer(category.cheapest, category.dearest) * 100 - chance.one_of((1, 5, 50))
        self.inventory = chance.integer(500, 5_000)
        self.rating = chance.integer(25, 50)
        self.brand = chance.one_of(brands)
        name = f"{chance.one_of(ADJECTIVES)} {chance.one_of(COLOURS)} {chance.one_of(category.goods)}"
        self.named = members({"product_id": self.product_id, "product_name": name, "category": self.category})
        self.branded = f"{self.named},{members({'brand': self.brand})}"


class Shelf:
    """Products in the order of their popularity: the n-th is asked for in proportion to 1/n^exponent (Zipf)."""

    def __init__(self, most: int, exponent: float) -> None:
        self._sums = list(accumulate(1 / number**exponent for number in range(1, most + 1)))
        self.products: list[Product] = []

    def pick(self, chance: Chance) -> Product:
        """A product, by popularity."""
        return self.products[bisect(self._sums, next(chance.uniform) * self._sums[len(self.products) - 1])]


class Catalogue:
    """All products.

    Args:
        chance: decides what the products are; give a fixed seed to keep the same shop over many runs.
        size: products at the start.
        brands: brand names to choose from.
        exponent: of Zipf's law.
    """

    def __init__(self, chance: Chance, size: int, brands: Sequence[str], exponent: float = 1.0) -> None:
        self._brands = brands
        self._most = size * GROWTH
        self._all = Shelf(self._most, exponent)
        self._of_category = {category.name: Shelf(self._most, exponent) for category in CATEGORIES}
        self._updates = Weighted(UPDATE_MIX)
        for _ in range(size):
            self._add(chance)

    @property
    def products(self) -> Sequence[Product]:
        """All of them, the most popular first."""
        return self._all.products

    def pick(self, chance: Chance, favourite: str, habits: Habits) -> Product:
        """The product that somebody looks at."""
        if habits.hot_share and chance.happens(habits.hot_share):
            return self._all.products[chance.integer(0, min(habits.hot_products, len(self._all.products)) - 1)]
        shelf = self._of_category[favourite] if chance.happens(habits.favourite_share) else self._all
        return (shelf if shelf.products else self._all).pick(chance)

    def update(self, at: Millis, chance: Chance) -> Event:
        """Change one product, or bring a new one, and tell it as a `product_update`."""
        kind = self._updates.pick(chance)
        if kind == "created" and len(self._all.products) < self._most:
            return _told("created", self._add(chance), "", at, chance)
        kind = "inventory_update" if kind == "created" else kind
        product = self._all.pick(chance)
        return _told(kind, product, _CHANGES[kind](product, chance), at, chance)

    def _add(self, chance: Chance) -> Product:
        product = Product(chance, len(self._all.products), self._brands)
        self._all.products.append(product)
        self._of_category[product.category].products.append(product)
        return product


def _told(kind: str, product: Product, old: str, at: Millis, chance: Chance) -> Event:
    event_id = uuid7(at, next(chance.tails))
    rest = (
        f'"update_type":"{kind}",{product.branded},"price":{amount(product.price)},"currency":"{CURRENCY}",'
        f'"inventory":{product.inventory},"rating":{product.rating / 10}{old}'
    )
    value = body("product_update", event_id, at, NOBODY, rest)
    return Event("product_update", event_id, at, product.product_id.encode(), value, is_person=False)


def _reprice(product: Product, chance: Chance) -> str:
    old, product.price = product.price, max(100, product.price * chance.integer(80, 120) // 100)
    return f',"old_price":{amount(old)}'


def _restock(product: Product, chance: Chance) -> str:
    change = chance.integer(50, 1_000)
    old, product.inventory = product.inventory, product.inventory + change
    return f',"old_inventory":{old},"inventory_change":{change}'


def _rerate(product: Product, chance: Chance) -> str:
    old, product.rating = product.rating, min(50, max(10, product.rating + chance.integer(-2, 2)))
    return f',"old_rating":{old / 10}'


_CHANGES = {"inventory_update": _restock, "price_change": _reprice, "rating_update": _rerate}
