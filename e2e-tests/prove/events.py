"""Good events of every type as JSON text, each a function of the seed and its number: a copy is made by asking again.

Text is put together by hand because a JSON library would be the slowest part of the load.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from prove.draw import Draw

TOPICS: Mapping[str, str] = MappingProxyType(
    {
        "page_view": "page-views",
        "add_to_cart": "cart-events",
        "remove_from_cart": "cart-events",
        "begin_checkout": "cart-events",
        "purchase": "purchases",
        "refund": "purchases",
        "user_session": "user-sessions",
        "product_update": "product-updates",
    }
)
_WEIGHTS = {
    "page_view": 50,
    "add_to_cart": 14,
    "remove_from_cart": 4,
    "begin_checkout": 4,
    "purchase": 10,
    "refund": 2,
    "user_session": 10,
    "product_update": 6,
}
_WHEEL = tuple(name for name, weight in _WEIGHTS.items() for _ in range(weight))
_NAMES = ("Lamp", 'Frame 7\\" single, £5', "日本 tea", "Jar; large", "Cake stand")
_PAGES = ("home", "category", "search_results", "product_detail", "cart", "checkout", "other")
_DEVICES = ("desktop", "mobile", "tablet", "other")
_CURRENCIES = ("USD", "USD", "USD", "EUR", "GBP")
_REPAIRABLE_DAY = datetime(1995, 6, 1, 12, tzinfo=UTC)
_DAY = timedelta(days=1)
_DAYS_LATE = 3
_JITTER_MS = 600_000


class Event(NamedTuple):
    """A good event."""

    event_id: str
    event_type: str
    payload: str
    home: bool
    """Whether its producer knows its topic; the others send through the inlet for anything."""


def event(seed: int, number: int, clock: datetime, *, late: bool = False, ancient: bool = False) -> Event:
    """The event with this number.

    Args:
        seed: of the load.
        number: which one.
        clock: the load's, when it is sent; an event on time happened in the ten minutes before.
        late: whether it happened up to three days earlier instead.
        ancient: whether it happened in 1995 instead.
    """
    draw = Draw(seed, "event", number)
    event_type, home, days = draw.one_of(_WHEEL), draw.below(10) > 0, 1 + draw.below(_DAYS_LATE)
    happened = _REPAIRABLE_DAY if ancient else clock - days * _DAY * late
    happened -= timedelta(milliseconds=draw.below(_JITTER_MS))
    event_id = f"{seed:x}-{number:x}"
    head = f'"event_id":"{event_id}","event_type":"{event_type}","timestamp":"{_time(happened, draw)}"'
    return Event(event_id, event_type, f"{{{head},{_BODIES[event_type](draw)}}}", home)


def _time(happened: datetime, draw: Draw) -> str:
    if draw.below(20) == 0:  # another zone, nanoseconds
        return f"{(happened + timedelta(hours=2)).strftime('%Y-%m-%dT%H:%M:%S.%f')}123+02:00"
    return f"{happened.strftime('%Y-%m-%dT%H:%M:%S')}.{happened.microsecond // 1000:03d}Z"


def _visitor(draw: Draw) -> str:
    user = "null" if draw.below(4) == 0 else f'"u-{draw.below(50_000)}"'
    return f'"user_id":{user},"anonymous_id":"a-{draw.below(100_000)}","session_id":"s/{draw.below(500_000)}"'


def _money(cents: int, draw: Draw) -> str:
    text = f"{cents // 100}.{cents % 100:02d}"
    return f'"{text}"' if draw.below(3) == 0 else text


def _page_view(draw: Draw) -> str:
    product = draw.below(3_000)
    more = ',"metadata":{"experiment":"b","position":3},"theme":"dark"' if draw.below(10) == 0 else ""
    return (
        f'{_visitor(draw)},"page_type":"{draw.one_of(_PAGES)}","product_id":"P-{product}",'
        f'"product_name":"{draw.one_of(_NAMES)}","device_type":"{draw.one_of(_DEVICES)}",'
        f'"user_agent":"Mozilla/5.0 (X11)","referrer":"https://www.example.com/?q={product}"{more}'
    )


def _cart(draw: Draw) -> str:
    quantity, cents = 1 + draw.below(9), draw.below(20_000)
    return (
        f'{_visitor(draw)},"cart_id":"c-{draw.below(90_000)}","product_id":"P-{draw.below(3_000)}",'
        f'"product_name":"{draw.one_of(_NAMES)}","category":null,"quantity":{quantity},"price":{_money(cents, draw)},'
        f'"total_value":{_money(cents * quantity, draw)},"currency":"{draw.one_of(_CURRENCIES)}"'
    )


def _checkout(draw: Draw) -> str:
    items, cents = _items(draw)
    return (
        f'{_visitor(draw)},"cart_id":"c-{draw.below(90_000)}","total_value":{_money(cents, draw)},'
        f'"currency":"{draw.one_of(_CURRENCIES)}","items":{items}'
    )


def _items(draw: Draw) -> tuple[str, int]:
    lines, total = [], 0
    for _ in range(1 + draw.below(3)):
        quantity, cents = 1 + draw.below(5), 1 + draw.below(20_000)
        total += quantity * cents
        lines.append(
            f'{{"product_id":"P-{draw.below(3_000)}","product_name":"{draw.one_of(_NAMES)}","quantity":{quantity},'
            f'"unit_price":{_money(cents, draw)},"total_price":{_money(quantity * cents, draw)}}}'
        )
    return f"[{','.join(lines)}]", total


def _purchase(draw: Draw) -> str:
    items, subtotal = _items(draw)
    shipping, discount = draw.below(900), subtotal // 10 if draw.below(4) == 0 else 0
    return (
        f'{_visitor(draw)},"order_id":"O-{draw.below(10**9)}","items":{items},"subtotal":{_money(subtotal, draw)},'
        f'"discount_amount":{_money(discount, draw)},"shipping_amount":{_money(shipping, draw)},'
        f'"total_amount":{_money(subtotal - discount + shipping, draw)},"currency":"{draw.one_of(_CURRENCIES)}",'
        '"payment_method":"credit_card","shipping_address":{"city":"York","state":null,"country":"United Kingdom"}'
    )


def _refund(draw: Draw) -> str:
    order = "null" if draw.below(9) == 0 else f'"O-{draw.below(10**9)}"'
    return (
        f'{_visitor(draw)},"refund_id":"R-{draw.below(10**9)}","order_id":{order},'
        f'"total_amount":{_money(1 + draw.below(30_000), draw)},"currency":"{draw.one_of(_CURRENCIES)}",'
        '"reason":"damaged"'
    )


def _session(draw: Draw) -> str:
    kind = draw.one_of(("start", "login", "logout", "timeout"))
    return f'{_visitor(draw)},"session_type":"{kind}","device_type":"{draw.one_of(_DEVICES)}","utm_source":"google"'


def _product(draw: Draw) -> str:
    head = f'"product_id":"P-{draw.below(3_000)}"'
    price, rating = draw.below(20_000), draw.below(501)
    return draw.one_of(
        (
            f'{head},"update_type":"price_change","price":{_money(price, draw)},"currency":"EUR","old_price":"19.99"',
            f'{head},"update_type":"inventory_update","inventory_change":-{1 + draw.below(900)}',
            f'{head},"update_type":"rating_update","rating":{rating // 100}.{rating % 100:02d},"old_rating":4.4',
        )
    )


_BODIES: Mapping[str, Callable[[Draw], str]] = {
    "page_view": _page_view,
    "add_to_cart": _cart,
    "remove_from_cart": _cart,
    "begin_checkout": _checkout,
    "purchase": _purchase,
    "refund": _refund,
    "user_session": _session,
    "product_update": _product,
}
