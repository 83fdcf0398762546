"""Sessions: the producer's own where it sends an id, else a visitor's events up to a long silence."""

from collections.abc import Collection
from datetime import date

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows

from gold_batch.days import only
from gold_batch.funnel_steps import STEPS, depth, took, with_steps
from gold_batch.money import MONEY
from gold_batch.terms import Terms


def sessions(events: DataFrame, days: Collection[date], terms: Terms) -> DataFrame:
    """The sessions that began on the given days.

    A session belongs to the day of its first event and is not split at midnight. A session_id that was silent for a
    whole day and comes again is a new session. Nothing later than the day after the first is looked at, so a day's
    sessions are the same whether it is computed alone or with others.

    Args:
        events: `activity` of the days and their neighbours.
        days: the days asked for.
        terms: the gap and the length of an engaged session.

    Returns:
        session_id, day, page_views, is_engaged, is_converted; channel: its first, NULL where it came from nowhere that
        we know; users (in no particular order); has_view, has_cart, has_checkout, has_purchase, depth: the steps of
        the funnel; left_in_cart: put in less taken out, base currency, 0 or more; has_foreign_cart: a cart event in
        another currency.
    """
    inside = _numbered(events.where("is_visit"), terms).where(F.datediff("day", "first_day") <= 1)
    opened = F.sha2(F.concat_ws(" ", F.max("visitor_id"), _first_event()), 256)
    into_cart = F.col("kind").isin("add_to_cart", "remove_from_cart")
    found = (
        with_steps(inside, "thread", "number")
        .groupBy("thread", "number")
        .agg(
            F.coalesce(F.max("session_id"), opened).alias("session_id"),
            F.min("day").alias("day"),
            F.count(F.when(F.col("kind") == "page_view", F.lit(1))).alias("page_views"),
            F.max("is_purchase").alias("is_converted"),
            (F.max(F.unix_micros("timestamp")) - F.min(F.unix_micros("timestamp"))).alias("micros"),
            first_channel(),
            F.collect_set("user_id").alias("users"),
            *(took(step).alias(f"has_{step}") for step in STEPS),
            depth().alias("depth"),
            F.greatest(F.coalesce(F.sum("cart_value"), F.lit(0)), F.lit(0)).cast(MONEY).alias("left_in_cart"),
            F.coalesce(F.max(into_cart & F.col("cart_value").isNull()), F.lit(col=False)).alias("has_foreign_cart"),
        )
    )
    is_long = F.col("micros") > terms.engaged_seconds * 1_000_000
    engaged = is_long | (F.col("page_views") >= 2) | F.col("is_converted")  # noqa: PLR2004 - the definition's number
    return only(found, days).select(
        *("session_id", "day", "page_views", engaged.alias("is_engaged"), "is_converted", "channel", "users"),
        *(f"has_{step}" for step in STEPS),
        *("depth", "left_in_cart", "has_foreign_cart"),
    )


def visits(events: DataFrame, days: Collection[date], terms: Terms) -> DataFrame:
    """Day, users and is_engaged of the same `sessions`; nothing is computed of the rest, as the steps of the funnel."""
    return sessions(events, days, terms).select("day", "users", "is_engaged")


def first_channel() -> Column:
    """The channel of the earliest event that has one; equal times are decided by event_id."""
    touch = F.when(F.col("channel").isNotNull(), F.struct("timestamp", "event_id", "channel"))
    return F.min(touch).getField("channel").alias("channel")


def _numbered(events: DataFrame, terms: Terms) -> DataFrame:
    """Each event with its thread (a session_id, or a visitor) and the running number of its session there."""
    thread = F.when(F.col("session_id").isNull(), F.concat(F.lit("v:"), "visitor_id")).otherwise(
        F.concat(F.lit("s:"), "session_id")
    )
    in_order = Window.partitionBy("thread").orderBy("timestamp", "event_id")
    # In the order in which `with_steps` walks, though a minimum needs none: one sort serves both.
    walked = Window.partitionBy("thread", "number").orderBy("timestamp", "event_id")
    whole = walked.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    return (
        events.withColumn("thread", thread)
        .where(F.col("thread").isNotNull())
        .withColumn("number", F.sum(_begins(in_order, terms).cast("int")).over(in_order))
        .withColumn("first_day", F.min("day").over(whole))
    )


def _begins(in_order: WindowSpec, terms: Terms) -> Column:
    silence = F.unix_micros("timestamp") - F.unix_micros(F.lag("timestamp").over(in_order))
    silent_days = F.datediff("day", F.lag("day").over(in_order))
    gap = silence > terms.session_gap_minutes * 60_000_000
    return F.coalesce(F.when(F.col("session_id").isNull(), gap).otherwise(silent_days > 1), F.lit(col=True))


def _first_event() -> Column:
    return F.min(F.struct("timestamp", "event_id")).getField("event_id")
