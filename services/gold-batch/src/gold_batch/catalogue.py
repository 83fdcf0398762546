"""What a product was last known as: name, category, brand, stock and rating as of a day."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.days import dated
from gold_batch.products import cart_adds, product_views
from gold_batch.terms import Terms
from gold_batch.trailing import DAYS, carried

ATTRIBUTES: Mapping[str, str] = {
    "product_name": "string",
    "category": "string",
    "brand": "string",
    "inventory": "bigint",
    "rating": "decimal(4,2)",
}


def catalogue(silver: Mapping[str, DataFrame], bought: DataFrame, days: Collection[date], terms: Terms) -> DataFrame:
    """The latest value of each attribute per product and requested day; an event of any kind may bring it.

    Views and carts speak for their own day; lines and product updates for the 28 days that begin with theirs. Equal
    times are decided by event_id, then by the value itself, never by the order of arrival.

    Args:
        silver: page views, cart events and product updates.
        bought: `products.lines` of the 28 days up to each requested one.
        days: the business days asked for.
        terms: time zone.
    """
    updates = dated(silver["silver.product_updates"], days, terms, before=DAYS - 1)
    passing = [
        _statements(product_views(silver["silver.page_views"], days, terms), "product_name", "category"),
        _statements(cart_adds(silver["silver.cart_events"], days, terms), "product_name", "category"),
    ]
    lasting = [
        _statements(bought, "product_name", "category", "brand"),
        _statements(updates, *ATTRIBUTES),
    ]
    newest = carried(_newest(reduce(DataFrame.unionByName, lasting)), days).drop("age")
    known = _newest(newest.unionByName(reduce(DataFrame.unionByName, passing)))
    return known.select("product_id", "day", *(F.col(name).getField("value").alias(name) for name in ATTRIBUTES))


def _statements(events: DataFrame, *stated: str) -> DataFrame:
    """Each event as statements about its product: per attribute (time, event_id, value), or NULL if it says nothing."""
    said = [_statement(name, type_, stated=name in stated) for name, type_ in ATTRIBUTES.items()]
    return events.where(F.col("product_id").isNotNull()).select("product_id", "day", *said)


def _statement(name: str, type_: str, *, stated: bool) -> Column:
    value = (F.col(name) if stated else F.lit(None)).cast(type_)
    says = value.isNotNull() & (F.trim(value) != "") if type_ == "string" else value.isNotNull()
    return F.when(says, F.struct("timestamp", "event_id", value.alias("value"))).alias(name)


def _newest(statements: DataFrame) -> DataFrame:
    return statements.groupBy("product_id", "day").agg(*(F.max(name).alias(name) for name in ATTRIBUTES))
