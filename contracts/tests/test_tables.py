"""Tables: well formed, in words that Spark takes, and none in which money could be a double."""

import re

import pytest
from shoplake_contracts import tables, topics
from shoplake_contracts.tables import Table

ALL = pytest.mark.parametrize("table", tables.load().values(), ids=lambda table: table.name)
OWNERS = {"bronze-ingest", "silver-process", "gold-batch"}
SCALAR = r"(?:string|int|bigint|boolean|date|timestamp|binary|decimal\(\d+,\d+\))"
STRUCT = rf"struct<\w+:{SCALAR}(?:,\w+:{SCALAR})*>"
TYPE = re.compile(rf"{SCALAR}|{STRUCT}|array<(?:{SCALAR}|{STRUCT})>|map<string,{SCALAR}>")
TRANSFORM = re.compile(r"(\w+)|(?:years|months|days|hours)\((\w+)\)|bucket\(\d+, (\w+)\)")
ADDRESS = {"topic": "string", "epoch": "int", "partition": "int", "offset": "bigint"}
ROW = {
    **ADDRESS,
    "kafka_timestamp": "timestamp",
    "ingested_at": "timestamp",
    "processing_time": "timestamp",
    "event_version": "int",
    "quality_flags": "array<string>",
    "lateness_seconds": "bigint",
}


@ALL
def test_types_are_spark_ddl_in_lower_case_without_doubles(table: Table) -> None:
    assert [column.name for column in table.columns if not TYPE.fullmatch(column.type)] == []


@ALL
def test_everything_is_documented(table: Table) -> None:
    assert table.doc
    assert [column.name for column in table.columns if not column.doc] == []


@ALL
def test_partitions_are_columns(table: Table) -> None:
    for transform in table.partitioning:
        match = TRANSFORM.fullmatch(transform)
        assert match, transform
        assert next(filter(None, match.groups())) in table.column_names


@ALL
def test_owner_and_freshness_are_of_the_known_kind(table: Table) -> None:
    assert table.owner in OWNERS
    assert re.fullmatch(r"\d+ (?:s|min|h|d)|on demand", table.freshness)


@ALL
def test_money_is_decimal(table: Table) -> None:
    money = re.compile(r"(?:^|_)(?:price|amount|total_value|subtotal|revenue)$|^refunds$")
    named = [column for column in table.columns if money.search(column.name)]
    assert [column.name for column in named if not column.type.startswith("decimal(")] == []


@ALL
def test_a_key_is_never_null(table: Table) -> None:
    assert [column.name for column in table.columns if column.name in table.key and column.nullable] == []


def test_event_tables_carry_address_and_clocks() -> None:
    for table in tables.load().values():
        if table.event_types:
            types = {column.name: column.type for column in table.columns if not column.nullable}
            assert types.items() >= ROW.items(), table.name


def test_every_event_table_but_product_updates_knows_its_visitor() -> None:
    knows = {t.name for t in tables.load().values() if t.event_types and "visitor_id" in t.column_names}
    every = {t.name for t in tables.load().values() if t.event_types}
    assert every - knows == {"silver.product_updates"}


def test_a_table_and_its_topic_hold_the_same_events() -> None:
    fed = {t.topic: t.event_types for t in tables.load().values() if t.topic}
    assert fed == {topic.name: topic.event_types for topic in topics.load().values() if topic.event_types}


def test_only_event_tables_have_a_topic_or_read_the_payload() -> None:
    for table in tables.load().values():
        if not table.event_types:
            assert table.topic is None
            assert [column.name for column in table.columns if column.source] == []


def test_the_design_s_tables_are_there() -> None:
    assert tables.load().keys() >= {
        "bronze.raw_events",
        "silver.page_views",
        "silver.cart_events",
        "silver.purchases",
        "silver.user_sessions",
        "silver.product_updates",
        "silver.quarantine",
        "silver.quarantine_outcomes",
        "ops.duplicates",
        "ops.data_loss",
        "ops.erasures",
    }
