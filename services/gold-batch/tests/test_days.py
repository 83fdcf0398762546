"""Business days and reach, without Spark."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from gold_batch.changed_days import Reach, business_days, days_to_rebuild
from gold_batch.days import spans, start_of
from gold_batch.facts import FACTS
from gold_batch.gold_tables import GOLD_TABLES
from gold_batch.months import days_of
from gold_batch.terms import Terms

MARCH = [date(2025, 3, day) for day in range(1, 32)]


def march(*days: int) -> tuple[date, ...]:
    return tuple(date(2025, 3, day) for day in days)


def test_a_day_begins_at_local_midnight() -> None:
    assert start_of(date(2025, 7, 1), "Europe/Berlin") == datetime(2025, 6, 30, 22, tzinfo=UTC)
    assert start_of(date(2025, 1, 1), "Europe/Berlin") == datetime(2024, 12, 31, 23, tzinfo=UTC)


def test_a_day_whose_midnight_does_not_exist_begins_when_the_clock_jumps() -> None:
    assert start_of(date(2018, 11, 4), "America/Sao_Paulo") == datetime(2018, 11, 4, 3, tzinfo=UTC)


def test_neighbouring_days_are_read_as_one_span() -> None:
    assert spans(march(9, 1, 2), before=1, after=1) == [
        (date(2025, 2, 28), date(2025, 3, 3)),
        (date(2025, 3, 8), date(2025, 3, 10)),
    ]
    assert spans(march(1, 4), before=1, after=1) == [(date(2025, 2, 28), date(2025, 3, 5))]


REBUILDS = {
    "customer_days": {"silver.page_views": march(9, 10, 11), "silver.purchases": march(9, 10, 11)},
    "daily_sales_summary": {"silver.page_views": march(9, 10, 11), "silver.purchases": march(*range(9, 32))},
    "product_analytics": {
        "silver.page_views": march(10),
        "silver.purchases": march(*range(10, 32)),
        "silver.product_updates": march(*range(10, 32)),
        "silver.user_sessions": (),
    },
    "daily_customer_analytics": {
        "silver.page_views": march(9, 10, 11),
        "silver.purchases": march(*range(9, 32)),
        "silver.product_updates": (),
    },
    "daily_traffic_sources": {
        "silver.page_views": march(*range(9, 32)),
        "silver.purchases": march(9, 10, 11),
        "silver.user_sessions": march(9, 10, 11),
    },
    "daily_funnel": {"silver.page_views": march(9, 10, 11), "silver.purchases": march(9, 10, 11)},
    "cart_abandonment": {"silver.cart_events": march(9, 10, 11), "silver.product_updates": ()},
    "customer_cohorts": {"silver.page_views": (), "silver.purchases": march(*range(9, 32))},
    "product_affinity": {"silver.page_views": (), "silver.purchases": march(10)},
    "data_quality_report": {"silver.page_views": (), "arrived": march(*range(10, 18))},
}
# They read nothing of gold.customer_days but what was ordered.
OF_ORDERS_ONLY = {"gold.customer_cohorts": {"silver.purchases"}}


@pytest.mark.parametrize("table", GOLD_TABLES, ids=lambda table: table.name)
def test_a_change_on_the_10th_rebuilds(table) -> None:  # noqa: ANN001 - a GoldTable
    for silver, days in REBUILDS[table.name.removeprefix("gold.")].items():
        assert days_to_rebuild({silver: march(10)}, table.reach, MARCH) == days, silver


def test_a_touch_counts_for_31_dates_and_a_month_is_kept_under_its_first_day() -> None:
    traffic, cohorts = (
        next(table for table in GOLD_TABLES if table.name == f"gold.{name}")
        for name in ("daily_traffic_sources", "customer_cohorts")
    )
    assert traffic.reach["silver.page_views"].touches(date(2025, 3, 1), date(2025, 4, 1))
    assert not traffic.reach["silver.page_views"].touches(date(2025, 3, 1), date(2025, 4, 2))
    assert {cohorts.period(day) for day in march(1, 31)} == {date(2025, 3, 1)}
    assert traffic.period(date(2025, 3, 31)) == date(2025, 3, 31)
    assert days_of(march(31)) == MARCH


def test_a_window_of_28_days_ends_on_the_27th_after() -> None:
    assert Reach(after=27).touches(date(2025, 3, 1), date(2025, 3, 28))
    assert not Reach(after=27).touches(date(2025, 3, 1), date(2025, 3, 29))


def test_days_without_events_are_not_rebuilt_unless_they_changed_themselves() -> None:
    reach = {"silver.purchases": Reach(before=1, after=None)}
    assert days_to_rebuild({"silver.purchases": march(10)}, reach, march(12, 20)) == march(10, 12, 20)


def test_every_reach_names_the_silver_tables_that_the_figures_come_from() -> None:
    behind_customers = {silver for name in GOLD_TABLES[0].inputs for silver in FACTS[name]}
    for table in (table for table in GOLD_TABLES if not table.is_by_arrival):
        direct = {
            silver for name in table.inputs for silver in FACTS.get(name, (name,)) if silver.startswith("silver.")
        }
        through = behind_customers if "gold.customer_days" in table.inputs else set()
        through = OF_ORDERS_ONLY.get(table.name, through)
        assert set(table.reach) == direct | through, table.name


TERMS = Terms(datetime(2025, 3, 31, tzinfo=UTC), "{}", "UTC", "USD")


def test_a_revised_day_is_computed_again_and_its_neighbours_where_clocks_differ() -> None:
    assert business_days({MARCH[9]}, MARCH, TERMS) == set(march(10))
    assert business_days({MARCH[9]}, MARCH, replace(TERMS, business_timezone="Asia/Tokyo")) == set(march(9, 10, 11))


def test_revisions_that_nobody_remembers_may_have_changed_any_day() -> None:
    assert business_days(None, MARCH, TERMS) == set(MARCH)
