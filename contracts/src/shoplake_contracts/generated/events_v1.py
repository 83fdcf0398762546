"""Pydantic models of the events, version 1; written by `make generate`, never by hand."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel
from decimal import Decimal


class Event(BaseModel):
    """What every event says about itself."""

    model_config = ConfigDict(
        extra="allow",
    )
    event_id: Annotated[str, Field(max_length=64, min_length=1)]
    """The event's own id, the same whenever the event is sent again; UUIDv7 is a good choice"""
    event_type: str
    """Names the schema"""
    event_version: Literal[1] = 1
    """Version of the schema"""
    timestamp: AwareDatetime
    """When it happened: RFC 3339 with a zone"""
    user_id: str | None = None
    """Known customer; null for a guest"""
    anonymous_id: str | None = None
    """Browser or device of a visitor; needed where user_id is null"""
    session_id: str | None = None
    """The producer's session; any text"""
    metadata: dict[str, Any] | None = None
    """Anything else the producer wants to keep with the event"""


class AddToCart(Event):
    """A visitor put a product into the cart."""

    model_config = ConfigDict(
        extra="allow",
    )
    event_type: Literal["add_to_cart"]
    """Names this schema"""
    cart_id: str | None = None
    """The shop's cart"""
    product_id: Annotated[str, Field(min_length=1)]
    """Product"""
    product_name: str | None = None
    """Its name"""
    category: str | None = None
    """Its category"""
    quantity: Annotated[int, Field(ge=1, le=9223372036854775807)]
    """Pieces"""
    price: Annotated[Decimal, Field(ge=0, lt=100000000000000)]
    """Price of one piece"""
    total_value: Annotated[Decimal, Field(ge=0, lt=100000000000000)]
    """Price times quantity"""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    """Currency of the amounts"""


class BeginCheckout(Event):
    """A visitor went to pay."""

    model_config = ConfigDict(
        extra="allow",
    )
    event_type: Literal["begin_checkout"]
    """Names this schema"""
    cart_id: str | None = None
    """The shop's cart"""
    total_value: Annotated[Decimal, Field(ge=0, lt=100000000000000)]
    """Value of the cart"""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    """Currency of the amounts"""
    items: list[Item] | None = None
    """The cart's lines"""


class Item(BaseModel):
    """One line of a cart, a purchase or a refund."""

    model_config = ConfigDict(
        extra="allow",
    )
    product_id: Annotated[str, Field(min_length=1)]
    """Product; a fee or postage has one as well"""
    product_name: str | None = None
    """Its name"""
    category: str | None = None
    """Its category"""
    brand: str | None = None
    """Its brand"""
    quantity: Annotated[int, Field(ge=1, le=9223372036854775807)]
    """Pieces, above 0 also in a refund"""
    unit_price: Annotated[Decimal, Field(ge=0, lt=100000000000000)]
    """Price of one piece"""
    total_price: Annotated[Decimal, Field(ge=0, lt=100000000000000)]
    """Price of the line"""


class ProductUpdate(Event):
    """A product changed; what the change does not speak of is left out or null. Needs no visitor."""

    model_config = ConfigDict(
        extra="allow",
    )
    event_type: Literal["product_update"]
    """Names this schema"""
    product_id: Annotated[str, Field(min_length=1)]
    """Product"""
    update_type: Literal["created", "price_change", "inventory_update", "rating_update"]
    """What changed"""
    product_name: str | None = None
    """Name from now on"""
    category: str | None = None
    """Category from now on"""
    brand: str | None = None
    """Brand from now on"""
    price: Annotated[Decimal | None, Field(ge=0, lt=100000000000000)] = None
    """Price from now on"""
    currency: Annotated[str | None, Field(pattern="^[A-Z]{3}$")] = None
    """Currency of the price from now on"""
    inventory: Annotated[int | None, Field(ge=-9223372036854775808, le=9223372036854775807)] = None
    """Pieces in stock from now on; below 0 when oversold"""
    inventory_change: Annotated[int | None, Field(ge=-9223372036854775808, le=9223372036854775807)] = None
    """Signed change of the stock, when the level is not known"""
    rating: Annotated[Decimal | None, Field(ge=0, le=5)] = None
    """Mean rating from now on; at most 2 decimals"""
    old_product_name: str | None = None
    """Name before"""
    old_category: str | None = None
    """Category before"""
    old_brand: str | None = None
    """Brand before"""
    old_price: Annotated[Decimal | None, Field(ge=0, lt=100000000000000)] = None
    """Price before"""
    old_currency: Annotated[str | None, Field(pattern="^[A-Z]{3}$")] = None
    """Currency of the price before"""
    old_inventory: Annotated[int | None, Field(ge=-9223372036854775808, le=9223372036854775807)] = None
    """Pieces in stock before; below 0 when oversold"""
    old_rating: Annotated[Decimal | None, Field(ge=0, le=5)] = None
    """Mean rating before; at most 2 decimals"""


class Purchase(Event):
    """A visitor bought something. Lines of one order may come in several events with the same order_id."""

    model_config = ConfigDict(
        extra="allow",
    )
    event_type: Literal["purchase"]
    """Names this schema"""
    order_id: Annotated[str, Field(min_length=1)]
    """The shop's order number"""
    items: list[Item]
    """The lines bought"""
    subtotal: Annotated[Decimal | None, Field(ge=0, lt=100000000000000)] = None
    """Sum of the lines before discount"""
    discount_percent: Annotated[Decimal | None, Field(ge=0, le=100)] = None
    """Discount of the order in percent; at most 4 decimals"""
    discount_amount: Annotated[Decimal | None, Field(ge=0, lt=100000000000000)] = None
    """Discount of the order"""
    shipping_amount: Annotated[Decimal | None, Field(ge=0, lt=100000000000000)] = None
    """Shipping charged"""
    tax_amount: Annotated[Decimal | None, Field(ge=0, lt=100000000000000)] = None
    """Tax, added or contained, as the shop has it"""
    total_amount: Annotated[Decimal, Field(ge=0, lt=100000000000000)]
    """What was paid"""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    """Currency of the amounts"""
    payment_method: str | None = None
    """How it was paid; any text"""
    shipping_method: str | None = None
    """How it is sent; any text"""
    shipping_address: ShippingAddress | None = None
    """Where it is sent"""


class Refund(Event):
    """The shop gave money back."""

    model_config = ConfigDict(
        extra="allow",
    )
    event_type: Literal["refund"]
    """Names this schema"""
    refund_id: Annotated[str, Field(min_length=1)]
    """The refund's own number"""
    order_id: str | None = None
    """Order given back; null where it is not known"""
    items: list[Item] | None = None
    """The lines given back, with quantities above 0"""
    total_amount: Annotated[Decimal, Field(gt=0, lt=100000000000000)]
    """What was given back"""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    """Currency of the amounts"""
    reason: str | None = None
    """Why it was given back"""


class RemoveFromCart(Event):
    """A visitor took a product out of the cart."""

    model_config = ConfigDict(
        extra="allow",
    )
    event_type: Literal["remove_from_cart"]
    """Names this schema"""
    cart_id: str | None = None
    """The shop's cart"""
    product_id: Annotated[str, Field(min_length=1)]
    """Product"""
    product_name: str | None = None
    """Its name"""
    category: str | None = None
    """Its category"""
    quantity: Annotated[int, Field(ge=1, le=9223372036854775807)]
    """Pieces"""
    price: Annotated[Decimal, Field(ge=0, lt=100000000000000)]
    """Price of one piece"""
    total_value: Annotated[Decimal, Field(ge=0, lt=100000000000000)]
    """Price times quantity"""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    """Currency of the amounts"""


class ShippingAddress(BaseModel):
    """Where an order is sent."""

    model_config = ConfigDict(
        extra="allow",
    )
    street: str | None = None
    """Street and number"""
    city: str | None = None
    """City"""
    state: str | None = None
    """State or province"""
    zip_code: str | None = None
    """Postal code"""
    country: str | None = None
    """Country"""


class Traffic(BaseModel):
    """Where a visit came from and on what device."""

    model_config = ConfigDict(
        extra="allow",
    )
    device_type: Literal["desktop", "mobile", "tablet", "other"] | None = None
    """Kind of device"""
    user_agent: str | None = None
    """The browser's User-Agent header"""
    ip_address: str | None = None
    """The visitor's address as the shop saw it"""
    referrer: str | None = None
    """Page the visitor came from"""
    utm_source: str | None = None
    """Campaign source"""
    utm_medium: str | None = None
    """Campaign medium"""
    utm_campaign: str | None = None
    """Campaign name"""


class PageView(Event, Traffic):
    """A visitor looked at a page."""

    model_config = ConfigDict(
        extra="allow",
    )
    event_type: Literal["page_view"]
    """Names this schema"""
    page_type: Literal["home", "category", "search_results", "product_detail", "cart", "checkout", "other"]
    """Kind of page"""
    page_url: str | None = None
    """Address of the page"""
    search_term: str | None = None
    """What was searched for"""
    product_id: str | None = None
    """Product shown"""
    product_name: str | None = None
    """Its name as shown"""
    category: str | None = None
    """Category shown"""


class UserSession(Event, Traffic):
    """A session began or changed."""

    model_config = ConfigDict(
        extra="allow",
    )
    event_type: Literal["user_session"]
    """Names this schema"""
    session_type: Literal["start", "login", "logout", "timeout"]
    """What happened to the session"""


class AnyEvent(
    RootModel[AddToCart | RemoveFromCart | BeginCheckout | PageView | ProductUpdate | Purchase | Refund | UserSession]
):
    root: Annotated[
        AddToCart | RemoveFromCart | BeginCheckout | PageView | ProductUpdate | Purchase | Refund | UserSession,
        Field(discriminator="event_type", title="AnyEvent"),
    ]
    """An event of any type, told apart by event_type."""