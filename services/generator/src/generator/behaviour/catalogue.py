"""The products: a few sell a lot and most sell little, and their prices, stock and ratings change."""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from .assortment import ADJECTIVES, CATEGORIES, COLOURS
from .chance import weighted
from .events import Event, Millis, new_event
from .money import Cents, amount

CURRENCY = "USD"
UPDATE_MIX = (("inventory_update", 0.50), ("price_change", 0.27), ("rating_update", 0.20), ("created", 0.03))
GROWTH = 2
"""A catalogue grows by `created` events to this multiple of its first size, no further."""


@dataclass
class Product:
    """A product as it is now."""

    product_id: str
    name: str
    category: str
    brand: str
    price: Cents
    inventory: int
    rating: int
    """In tenths."""

    def described(self) -> Event:
        """The fields of a `product_update` that say what it is."""
        return {
            "product_id": self.product_id,
            "product_name": self.name,
            "category": self.category,
            "brand": self.brand,
            "price": amount(self.price),
            "currency": CURRENCY,
            "inventory": self.inventory,
            "rating": self.rating / 10,
        }


class Catalogue:
    """All products; the n-th is asked for in proportion to 1/n^exponent (Zipf).

    Args:
        rng: Decides what the products are; give a fixed seed to keep the same shop over many runs.
        size: Products at the start.
        brands: Brand names to choose from.
        exponent: Of Zipf's law.
    """

    def __init__(self, rng: Random, size: int, brands: Sequence[str], exponent: float = 1.0) -> None:
        self._brands = brands
        self._most = size * GROWTH
        self._popularity: list[float] = np.cumsum(1 / np.arange(1, self._most + 1) ** exponent).tolist()
        self.products = [self._made(rng, number) for number in range(size)]

    def pick(self, rng: Random) -> Product:
        """A product, by popularity."""
        reach = rng.random() * self._popularity[len(self.products) - 1]
        return self.products[bisect(self._popularity, reach)]

    def update(self, at: Millis, rng: Random) -> Event:
        """Change one product, or bring a new one, and tell it as a `product_update`."""
        kind = weighted(UPDATE_MIX, rng)
        if kind == "created":
            return self._create(at, rng)
        product = self.pick(rng)
        old = _CHANGES[kind](product, rng)
        return self._told(kind, product, at, rng) | old

    def _create(self, at: Millis, rng: Random) -> Event:
        if len(self.products) >= self._most:
            product = self.pick(rng)
            return self._told("inventory_update", product, at, rng) | _restock(product, rng)
        product = self._made(rng, len(self.products))
        self.products.append(product)
        return self._told("created", product, at, rng)

    def _told(self, kind: str, product: Product, at: Millis, rng: Random) -> Event:
        event = new_event("product_update", at, rng)
        return event | {"update_type": kind, "user_id": None, "anonymous_id": None} | product.described()

    def _made(self, rng: Random, number: int) -> Product:
        category = rng.choice(CATEGORIES)
        return Product(
            product_id=f"P-{number + 1:05d}",
            name=f"{rng.choice(ADJECTIVES)} {rng.choice(COLOURS)} {rng.choice(category.goods)}",
            category=category.name,
            brand=rng.choice(self._brands),
            price=rng.randint(category.cheapest, category.dearest) * 100 - rng.choice((1, 5, 50)),
            inventory=rng.randint(500, 5_000),
            rating=rng.randint(25, 50),
        )


def _reprice(product: Product, rng: Random) -> Event:
    old, product.price = product.price, max(100, product.price * rng.randint(80, 120) // 100)
    return {"price": amount(product.price), "old_price": amount(old)}


def _restock(product: Product, rng: Random) -> Event:
    old, product.inventory = product.inventory, product.inventory + rng.randint(50, 1_000)
    return {"inventory": product.inventory, "old_inventory": old, "inventory_change": product.inventory - old}


def _rerate(product: Product, rng: Random) -> Event:
    old, product.rating = product.rating, min(50, max(10, product.rating + rng.randint(-2, 2)))
    return {"rating": product.rating / 10, "old_rating": old / 10}


_CHANGES = {"inventory_update": _restock, "price_change": _reprice, "rating_update": _rerate}
