"""Carts, the orders they become, and refunds of earlier orders: every amount follows from the lines of the cart."""

from collections.abc import Iterable
from typing import NamedTuple

from .catalogue import CURRENCY, Product
from .chance import Chance, Weighted
from .events import Millis, Sale, short_id
from .money import Cents, amount, basis_points_of, percent_of
from .visitors import Visitor

DISCOUNTS = Weighted(((5, 0.35), (10, 0.40), (20, 0.25)))
TAX_BASIS_POINTS = Weighted(((0, 0.10), (600, 0.30), (725, 0.30), (825, 0.30)))
SHIPPING = Weighted(((("standard", 599), 0.70), (("express", 1499), 0.20), (("pickup", 0), 0.10)))
FREE_STANDARD_FROM: Cents = 7_500
PAYMENT = Weighted(
    (
        ("credit_card", 0.55),
        ("paypal", 0.20),
        ("debit_card", 0.15),
        ("apple_pay", 0.07),
        ("gift_card", 0.03),
    )
)
REFUND_REASONS = ("damaged", "wrong_item", "not_as_described", "changed_mind", "late_delivery")
WHOLE_ORDER_REFUNDED = 0.6


class Line:
    """A product in a cart, at the price it had when it was put there."""

    __slots__ = ("price", "product", "quantity")

    def __init__(self, product: Product) -> None:
        self.product = product
        self.price: Cents = product.price
        self.quantity = 0

    @property
    def total(self) -> Cents:
        """What the line costs."""
        return self.quantity * self.price

    def item(self) -> str:
        """The line as an item of an order."""
        return (
            f'{{{self.product.branded},"quantity":{self.quantity},"unit_price":{amount(self.price)},'
            f'"total_price":{amount(self.total)}}}'
        )

    def change(self, quantity: int, cart_id: str) -> str:
        """The members of an event that puts some of it into the cart or takes it out."""
        return (
            f'"cart_id":"{cart_id}",{self.product.named},"quantity":{quantity},"price":{amount(self.price)},'
            f'"total_value":{amount(quantity * self.price)},"currency":"{CURRENCY}"'
        )


class Cart:
    """What a visitor means to buy; one line per product."""

    __slots__ = ("cart_id", "lines")

    def __init__(self, cart_id: str) -> None:
        self.cart_id = cart_id
        self.lines: dict[str, Line] = {}

    @property
    def subtotal(self) -> Cents:
        """What all lines cost."""
        return sum(line.total for line in self.lines.values())

    def has_room_for(self, product: Product) -> bool:
        """Whether there is more of it in stock than in this cart."""
        line = self.lines.get(product.product_id)
        return product.inventory > (line.quantity if line else 0)

    def add(self, product: Product, wanted: int) -> str:
        """Put a product in, no more than there is; a line keeps the price it was begun with."""
        line = self.lines.setdefault(product.product_id, Line(product))
        quantity = min(wanted, product.inventory - line.quantity)
        line.quantity += quantity
        return line.change(quantity, self.cart_id)

    def remove(self, chance: Chance) -> str:
        """Take out one whole line."""
        line = self.lines.pop(chance.one_of(list(self.lines)))
        return line.change(line.quantity, self.cart_id)

    def checkout(self) -> str:
        """The members of `begin_checkout`."""
        return (
            f'"cart_id":"{self.cart_id}","total_value":{amount(self.subtotal)},"currency":"{CURRENCY}",'
            f'"items":{items(self.lines.values())}'
        )


class Order(NamedTuple):
    """A placed order, kept as long as it may be refunded."""

    order_id: str
    buyer: Visitor
    lines: tuple[Line, ...]
    discount_percent: int
    total: Cents


def items(lines: Iterable[Line]) -> str:
    """The lines as items."""
    return f"[{','.join([line.item() for line in lines])}]"


def place(cart: Cart, buyer: Visitor, at: Millis, discounted_share: float, chance: Chance) -> tuple[Order, Sale, str]:
    """Turn a cart into an order and the members of its `purchase`; takes the goods out of stock."""
    lines, subtotal = tuple(cart.lines.values()), cart.subtotal
    percent = DISCOUNTS.pick(chance) if chance.happens(discounted_share) else 0
    discount = percent_of(subtotal, percent)
    method, shipping = SHIPPING.pick(chance)
    if method == "standard" and subtotal >= FREE_STANDARD_FROM:
        shipping = 0
    tax = basis_points_of(subtotal - discount, TAX_BASIS_POINTS.pick(chance))
    for line in lines:
        line.product.inventory = max(0, line.product.inventory - line.quantity)
    order = Order(short_id("ORD", at, next(chance.tails)), buyer, lines, percent, subtotal - discount + shipping + tax)
    units = sum(line.quantity for line in lines)
    sale = Sale(order.order_id, order.total, discount, shipping, tax, units, buyer.is_guest)
    return (
        order,
        sale,
        (
            f'"order_id":"{order.order_id}","items":{items(lines)},"subtotal":{amount(subtotal)},'
            f'"discount_percent":{percent},"discount_amount":{amount(discount)},"shipping_amount":{amount(shipping)},'
            f'"tax_amount":{amount(tax)},"total_amount":{amount(order.total)},"currency":"{CURRENCY}",'
            f'"payment_method":"{PAYMENT.pick(chance)}","shipping_method":"{method}",'
            f'"shipping_address":{buyer.address},"metadata":{{"cart_id":"{cart.cart_id}"}}'
        ),
    )


def refund(order: Order, at: Millis, chance: Chance) -> tuple[Sale, str]:
    """The members of a `refund`: of the whole order, or of some of its lines less their share of the discount."""
    if len(order.lines) == 1 or chance.happens(WHOLE_ORDER_REFUNDED):
        lines, given_back = order.lines, order.total
    else:
        first = chance.integer(0, len(order.lines) - 1)
        lines = order.lines[first : first + chance.integer(1, len(order.lines) - 1)]
        price = sum(line.total for line in lines)
        given_back = price - percent_of(price, order.discount_percent)
    units = sum(line.quantity for line in lines)
    return Sale(order.order_id, given_back, 0, 0, 0, units, order.buyer.is_guest), (
        f'"refund_id":"{short_id("REF", at, next(chance.tails))}","order_id":"{order.order_id}",'
        f'"items":{items(lines)},"total_amount":{amount(given_back)},"currency":"{CURRENCY}",'
        f'"reason":"{chance.one_of(REFUND_REASONS)}"'
    )
