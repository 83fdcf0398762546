"""What visitors did, from the four silver tables that know a visitor, as one narrow frame."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.days import dated
from gold_batch.money import MONEY, is_base
from gold_batch.terms import Terms

# Column of every event → its type, and its value where a table knows nothing of it.
NARROW: Mapping[str, tuple[str, bool | None]] = {
    "kind": ("string", None),
    "product_id": ("string", None),
    "channel": ("string", None),
    "cart_value": (MONEY, None),
    "is_visit": ("boolean", True),
    "is_purchase": ("boolean", False),
}
TABLES = ("silver.page_views", "silver.cart_events", "silver.purchases", "silver.user_sessions")


def activity(silver: Mapping[str, DataFrame], days: Collection[date], terms: Terms) -> DataFrame:
    """Every event of a visitor on the given days and their neighbours, bots' page views left out.

    Returns:
        day, timestamp, event_id, visitor_id, user_id, session_id;
        kind: the event type, or `session` for the events about a session;
        product_id: of product views and cart events;
        channel: of page views that came from outside the shop;
        cart_value: of cart events in the base currency: put in above 0, taken out below 0;
        is_visit: the visitor itself did it: a refund is booked by the shop, a session's timeout by the server;
        is_purchase: a purchase of a total above 0, in any currency.
    """
    parts = [
        _narrow(
            silver["silver.page_views"].where(~F.coalesce(F.col("is_bot"), F.lit(col=False))),
            kind=F.lit("page_view"),
            product_id=F.when(is_product_view(), F.col("product_id")),
            channel=F.col("channel"),
        ),
        _narrow(
            silver["silver.cart_events"],
            kind=F.col("event_type"),
            product_id=F.col("product_id"),
            cart_value=F.when(is_base(terms), _into_the_cart()),
        ),
        _narrow(
            silver["silver.purchases"],
            kind=F.col("event_type"),
            is_visit=F.col("event_type") == "purchase",
            is_purchase=(F.col("event_type") == "purchase") & (F.col("total_amount") > 0),
        ),
        _narrow(
            silver["silver.user_sessions"],
            kind=F.lit("session"),
            is_visit=~F.col("session_type").eqNullSafe(F.lit("timeout")),
        ),
    ]
    return reduce(DataFrame.unionByName, (dated(part, days, terms, before=1, after=1) for part in parts))


def is_product_view() -> Column:
    """Whether a page view is one of a product: its own page, not a list that names it."""
    return (F.col("page_type") == "product_detail") & F.col("product_id").isNotNull()


def present(name: str) -> Column:
    """An id, or NULL where there is none: an empty text identifies nobody."""
    return F.nullif(F.col(name), F.lit("")).alias(name)


def _into_the_cart() -> Column:
    kind, value = F.col("event_type"), F.col("total_value")
    return F.when(kind == "add_to_cart", value).when(kind == "remove_from_cart", -value)


def _narrow(frame: DataFrame, **known: Column) -> DataFrame:
    columns = {name: known.get(name, F.lit(default)).cast(type_) for name, (type_, default) in NARROW.items()}
    return frame.select(
        "timestamp",
        "event_id",
        "visitor_id",
        present("user_id"),
        present("session_id"),
        *(column.alias(name) for name, column in columns.items()),
    )
