"""Asks the tables which days a box of silver, a replay or a backfill has touched."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import reduce

from pyspark.sql import DataFrame, Row
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.stage_tables import SILVER
from shoplake_lake_kit.touched import Touched, days_in
from shoplake_spark_kit.upstream import box_filter

from gold_batch.changed_days import ARRIVED, affected_days, business_days
from gold_batch.days import dated
from gold_batch.quality.arrivals import QUARANTINE, with_arrival
from gold_batch.quality.homes import HOMES
from gold_batch.terms import Terms

Days = Mapping[str, Collection[date]]
Inputs = Mapping[str, DataFrame]
Revised = Mapping[str, Collection[date] | None]


def added(inputs: Inputs, box: Box, told: Mapping[str, Touched | None], terms: Terms) -> dict[str, set[date]]:
    """The event days of the rows that a box has added to each silver table, and their days of arrival.

    Args:
        inputs: silver's tables.
        box: of their rows.
        told: per table what its stamps say of the box; its rows are asked where they say nothing.
        terms: time zone.
    """
    zone = terms.business_timezone
    known = {name: touched for name, touched in told.items() if touched}
    asked = _days({name: inputs[name].where(box_filter(box)) for name in SILVER if name not in known}, terms)
    arrived = asked[ARRIVED].union(*(days_in(zone, touched.arrived) for touched in known.values()))
    return asked | {name: days_in(zone, touched.happened) for name, touched in known.items()} | {ARRIVED: arrived}


def revised(inputs: Inputs, days: Revised, known: Collection[date], terms: Terms) -> dict[str, set[date]]:
    """The event days that replays and backfills have changed in each table, and the days of arrival of what is there.

    Args:
        inputs: silver's tables.
        days: per table the event days (UTC) that were revised; None where nobody knows which.
        known: the business days that gold knows.
        terms: time zone.
    """
    touched = {name: business_days(days[name], known, terms) for name in HOMES}
    if not any(touched.values()):
        return {}
    # What a backfill has taken out of a table waits in quarantine now, and what a replay brought home had waited there.
    rows = {name: dated(inputs[name], touched[name], terms) for name in HOMES} | {QUARANTINE: inputs[QUARANTINE]}
    return {**touched, ARRIVED: _days(rows, terms)[ARRIVED]}


def with_events(inputs: Inputs, span: Collection[date], terms: Terms) -> set[date]:
    """Those of the given business days that silver has an event of."""
    found = _days({name: dated(inputs[name], span, terms) for name in HOMES}, terms)
    return set[date]().union(*(found[name] for name in HOMES))


def _days(rows: Inputs, terms: Terms) -> dict[str, set[date]]:
    """Per table and for `ARRIVED` the days of some rows; one job for all tables, and none for no table."""
    parts = [affected_days(with_arrival(frame, name), name, terms) for name, frame in rows.items()]
    told: list[Row] = reduce(DataFrame.unionByName, parts).collect() if parts else []
    days = {name: {row["day"] for row in told if row["table"] == name and row["day"]} for name in rows}
    return {**days, ARRIVED: {row[ARRIVED] for row in told}}
