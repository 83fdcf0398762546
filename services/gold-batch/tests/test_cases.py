"""Rows in, rows out: every folder of cases/ through the real transform."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from gold_batch.facts import arrival_facts, order_facts, session_facts, visit_facts
from gold_batch.frames import BASES, CUSTOMER_DAYS
from gold_batch.gold_tables import GOLD_TABLES
from pyspark.sql import DataFrame
from shoplake_contracts import tables

pytestmark = pytest.mark.spark
Frames = Mapping[str, DataFrame]
Build = Callable[[Iterable[Mapping[str, Any]]], Any]
Plain = Callable[[DataFrame], list[dict[str, Any]]]


def test_a_case(case: Any, rows: Build, frames: Callable[[Any], Frames], plain: Plain) -> None:
    inputs = _with_history(case, dict(frames(rows(case.rows))))
    found = plain(case.table.transform(inputs, case.days, case.terms))
    expected = sorted(case.expect, key=lambda row: [str(row.get(key)) for key in tables.load()[case.table.name].key])
    assert [{name: row[name] for name in want} for row, want in zip(found, expected, strict=False)] == expected
    assert len(found) == len(expected), found[len(expected) :]


def _with_history(case: Any, inputs: dict[str, DataFrame]) -> Frames:
    """With the facts, and the gold tables that others are made of: the case's own rows, or what its rows make."""
    zone = ZoneInfo(case.terms.business_timezone)
    given = {row["table"] for row in case.rows}
    happened = [row["timestamp"] for row in case.rows if "timestamp" in row]
    stated = [row["partition_date"] for row in case.rows if row["table"] == CUSTOMER_DAYS]
    days = sorted(
        {datetime.fromisoformat(one).astimezone(zone).date() for one in happened}
        | {*map(date.fromisoformat, stated), *case.days}
    )
    for facts in (visit_facts, session_facts, order_facts):
        inputs |= facts(inputs, days, case.terms)
    inputs |= arrival_facts(inputs, case.days, case.terms)
    for base in takewhile(lambda table: table is not case.table, GOLD_TABLES[: len(BASES)]):
        if base.name not in given:
            inputs[base.name] = base.transform(inputs, days, case.terms)
    return inputs


@pytest.mark.parametrize("table", GOLD_TABLES, ids=lambda table: table.name)
def test_a_transform_gives_the_contract(table: Any, rows: Build, frames: Callable[[Any], Frames], terms: Any) -> None:
    day = terms.computed_at.date()
    silver = frames(rows([]))
    for facts in (visit_facts, session_facts, order_facts, arrival_facts):
        silver = {**silver, **facts(silver, [day], terms)}
    for base in GOLD_TABLES[: len(BASES)]:
        silver[base.name] = base.transform(silver, [day], terms)
    made = table.transform(silver, [day], terms)
    contract = tables.load()[table.name].columns
    assert made.dtypes == [(column.name, column.type) for column in contract]
    assert not [name for name, type_ in made.dtypes if "double" in type_ or "float" in type_]
