"""Carts, the orders they become, and refunds of earlier orders: every amount follows from the lines of the cart."""

from dataclasses import dataclass, field
from random import Random

from .catalogue import CURRENCY, Product
from .chance import weighted
from .events import Event, Millis, short_id
from .money import Cents, amount, basis_points_of, percent_of
from .visitors import Visitor

DISCOUNTS = ((0, 0.70), (5, 0.10), (10, 0.12), (20, 0.08))
TAX_BASIS_POINTS = ((0, 0.10), (600, 0.30), (725, 0.30), (825, 0.30))
SHIPPING = ((("standard", 599), 0.70), (("express", 1499), 0.20), (("pickup", 0), 0.10))
FREE_STANDARD_FROM: Cents = 7_500
PAYMENT = (
    ("credit_card", 0.55),
    ("paypal", 0.20),
    ("debit_card", 0.15),
    ("apple_pay", 0.07),
    ("gift_card", 0.03),
)
REFUND_REASONS = ("damaged", "wrong_item", "not_as_described", "changed_mind", "late_delivery")
WHOLE_ORDER_REFUNDED = 0.6


@dataclass
class Line:
    """A product in a cart, at the price it had when it was put there."""

    product: Product
    quantity: int
    price: Cents

    @property
    def total(self) -> Cents:
        """What the line costs."""
        return self.quantity * self.price

    def item(self) -> Event:
        """The line as an item of an order."""
        return {
            "product_id": self.product.product_id,
            "product_name": self.product.name,
            "category": self.product.category,
            "brand": self.product.brand,
            "quantity": self.quantity,
            "unit_price": amount(self.price),
            "total_price": amount(self.total),
        }

    def change(self, quantity: int, cart_id: str) -> Event:
        """Some of the line put into or taken out of the cart."""
        return {
            "cart_id": cart_id,
            "product_id": self.product.product_id,
            "product_name": self.product.name,
            "category": self.product.category,
            "quantity": quantity,
            "price": amount(self.price),
            "total_value": amount(quantity * self.price),
            "currency": CURRENCY,
        }


@dataclass
class Cart:
    """What a visitor means to buy; one line per product."""

    cart_id: str
    lines: dict[str, Line] = field(default_factory=dict)

    @property
    def subtotal(self) -> Cents:
        """What all lines cost."""
        return sum(line.total for line in self.lines.values())

    def add(self, product: Product, quantity: int) -> Event:
        """Put a product in; a line keeps the price it was begun with."""
        line = self.lines.setdefault(product.product_id, Line(product, 0, product.price))
        line.quantity += quantity
        return line.change(quantity, self.cart_id)

    def remove(self, rng: Random) -> Event:
        """Take out one whole line."""
        line = self.lines.pop(rng.choice(list(self.lines)))
        return line.change(line.quantity, self.cart_id)

    def items(self) -> list[Event]:
        """The lines as items."""
        return [line.item() for line in self.lines.values()]

    def checkout(self) -> Event:
        """The fields of `begin_checkout`."""
        return {
            "cart_id": self.cart_id,
            "total_value": amount(self.subtotal),
            "currency": CURRENCY,
            "items": self.items(),
        }


@dataclass(frozen=True)
class Order:
    """A placed order, kept as long as it may be refunded."""

    order_id: str
    buyer: Visitor
    lines: tuple[Line, ...]
    discount_percent: int
    total: Cents


def place(cart: Cart, buyer: Visitor, at: Millis, rng: Random) -> tuple[Order, Event]:
    """Turn a cart into an order and the fields of its `purchase`; takes the goods out of stock."""
    percent = weighted(DISCOUNTS, rng)
    discount = percent_of(cart.subtotal, percent)
    method, shipping = weighted(SHIPPING, rng)
    if method == "standard" and cart.subtotal >= FREE_STANDARD_FROM:
        shipping = 0
    tax = basis_points_of(cart.subtotal - discount, weighted(TAX_BASIS_POINTS, rng))
    total = cart.subtotal - discount + shipping + tax
    for line in cart.lines.values():
        line.product.inventory = max(0, line.product.inventory - line.quantity)
    order = Order(short_id("ORD", at, rng), buyer, tuple(cart.lines.values()), percent, total)
    return order, {
        "order_id": order.order_id,
        "items": cart.items(),
        "subtotal": amount(cart.subtotal),
        "discount_percent": percent,
        "discount_amount": amount(discount),
        "shipping_amount": amount(shipping),
        "tax_amount": amount(tax),
        "total_amount": amount(total),
        "currency": CURRENCY,
        "payment_method": weighted(PAYMENT, rng),
        "shipping_method": method,
        "shipping_address": dict(buyer.address),
    }


def refund(order: Order, at: Millis, rng: Random) -> Event:
    """The fields of a `refund`: of the whole order, or of some of its lines less their share of the discount."""
    if rng.random() < WHOLE_ORDER_REFUNDED or len(order.lines) == 1:
        lines, given_back = order.lines, order.total
    else:
        lines = tuple(rng.sample(order.lines, rng.randint(1, len(order.lines) - 1)))
        price = sum(line.total for line in lines)
        given_back = price - percent_of(price, order.discount_percent)
    return {
        "refund_id": short_id("REF", at, rng),
        "order_id": order.order_id,
        "items": [line.item() for line in lines],
        "total_amount": amount(given_back),
        "currency": CURRENCY,
        "reason": rng.choice(REFUND_REASONS),
    }
