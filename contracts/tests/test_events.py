"""Schemas against the tables: every field lands in a column of its type, and every sourced column is a field."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from shoplake_contracts import events, rules, tables
from shoplake_contracts.reasons import Reason
from shoplake_contracts.tables import Column

DEFAULTED = {"event_version"}


def spellings(field: dict[str, Any]) -> set[str]:
    """The JSON types a field may have, money's number standing for its text as well."""
    if "anyOf" in field:
        found = {kind for choice in field["anyOf"] for kind in spellings(choice)}
        return found - {"string"} if "number" in found else found
    if "$ref" in field or "enum" in field or "const" in field:
        return {"object"} if "$ref" in field else {"string", *({"null"} if None in field.get("enum", []) else ())}
    declared = field["type"]
    return {declared} if isinstance(declared, str) else set(declared)


def expected(column: Column) -> set[str]:
    if column.type.startswith("decimal"):
        return {"number"}
    if column.type.startswith("array"):
        return {"array"}
    if column.type.startswith("struct") or column.name == "metadata":
        return {"object"}
    return {"int": {"integer"}, "bigint": {"integer"}}.get(column.type, {"string"})


def sourced(event_type: str) -> dict[str, Column]:
    return {c.source: c for c in tables.load()[events.table_of(event_type)].columns if c.source}


@pytest.mark.parametrize("event_type", events.event_types())
def test_schema_is_one_of_2020_12_and_complete_in_itself(event_type: str) -> None:
    schema = events.schema(event_type)
    Draft202012Validator.check_schema(schema)
    assert "common.v1" not in str(schema)
    assert events.fields(event_type)["event_type"]["const"] == event_type


@pytest.mark.parametrize("event_type", events.event_types())
def test_every_field_is_described(event_type: str) -> None:
    assert [name for name, field in events.fields(event_type).items() if not field.get("description")] == []


@pytest.mark.parametrize("event_type", events.event_types())
def test_every_field_lands_in_a_column_of_its_type(event_type: str) -> None:
    columns = sourced(event_type)
    fields = {name: spellings(field) - {"null"} for name, field in events.fields(event_type).items()}
    fields["event_version"] = {"integer"}
    assert fields == {name: expected(columns[name]) for name in fields}


def test_every_sourced_column_is_a_field_of_the_table_s_events() -> None:
    for table in tables.load().values():
        known = {name for event_type in table.event_types for name in events.fields(event_type)}
        assert {column.source for column in table.columns if column.source} == known, table.name


def test_a_sourced_column_has_its_field_s_name() -> None:
    # Silver's parser reads members of the payload's top level under their own name.
    for table in tables.load().values():
        assert [c.name for c in table.columns if c.source not in {None, c.name}] == []


@pytest.mark.parametrize("event_type", events.event_types())
def test_only_a_required_field_may_not_be_null(event_type: str) -> None:
    fields = events.fields(event_type)
    strict = {name for name, field in fields.items() if "null" not in spellings(field)} - DEFAULTED
    nullable_by_reference = {"shipping_address"} & fields.keys()
    assert strict - nullable_by_reference == events.required(event_type)


@pytest.mark.parametrize("event_type", events.event_types())
def test_a_missing_required_field_is_found_by_the_column_or_by_a_rule(event_type: str) -> None:
    columns = sourced(event_type)
    ruled = {r.path for r in rules.load(events.table_of(event_type)) if r.reason is Reason.MISSING_FIELD}
    assert [f for f in events.required(event_type) if columns[f].nullable and f not in ruled] == []


def test_a_column_is_not_null_only_where_every_event_of_the_table_has_it() -> None:
    for table in tables.load().values():
        for column in table.columns:
            if column.source and not column.nullable and column.name not in DEFAULTED:
                assert all(column.source in events.required(kind) for kind in table.event_types), column.name


@pytest.mark.parametrize("event_type", ["purchase", "refund", "begin_checkout"])
def test_items_have_the_fields_of_the_item_schema(event_type: str) -> None:
    item = events.schema(event_type)["$defs"]["item"]["properties"]
    struct = sourced(event_type)["items"].type.removeprefix("array<struct<").removesuffix(">>")
    names = [part.partition(":")[0] for part in struct.replace("(18,4)", "").split(",")]
    assert names == list(item)


def test_an_address_has_the_fields_of_its_schema() -> None:
    address = events.schema("purchase")["$defs"]["shipping_address"]["properties"]
    struct = sourced("purchase")["shipping_address"].type.removeprefix("struct<").removesuffix(">")
    assert [part.partition(":")[0] for part in struct.split(",")] == list(address)


@pytest.mark.parametrize("event_type", events.event_types())
def test_every_enumeration_is_a_rule_with_the_same_values(event_type: str) -> None:
    found = {r.path: r.predicate for r in rules.load(events.table_of(event_type)) if r.name.endswith("_known")}
    for name, field in events.fields(event_type).items():
        if "enum" in field:
            values = ", ".join(f"'{value}'" for value in field["enum"] if value is not None)
            assert found[name] == f"{name} IN ({values})"
