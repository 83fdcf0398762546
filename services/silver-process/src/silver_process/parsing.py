"""Payload text to the columns of a contract, once per table, with everything that does not fit noted per event."""

import re
from typing import NamedTuple

from pyspark.sql import DataFrame
from shoplake_contracts import tables
from shoplake_contracts.reasons import Reason
from shoplake_contracts.tables import Table

from silver_process.casts import cast, is_number
from silver_process.expressions import bits
from silver_process.faults import Fault
from silver_process.routing import ADDRESS, envelope, parse_json

CARRIED = (
    *(f"`{name}`" for name in ADDRESS),
    "kafka_timestamp",
    "ingested_at",
    "processing_time",
    "_header_type",
    "_raw",
    "_value",
    "_text",
)
_FIELD = re.compile(r"(\w+):\s*(\w+(?:\([\d,]+\))?)")
_JSON_TEXT = {"metadata"}  # kept as JSON, so an object is what it should be
# Whatever from_json could not take counts, also where no single column can be named for it.
_SHAPE = (
    Fault(Reason.WRONG_TYPE, "$", "a member has a shape that the contract does not allow"),
    "_parsed.corrupt IS NOT NULL",
)


class Leaf(NamedTuple):
    """A contract column read from the payload's member of the same name; `fields` when it is an array or struct."""

    name: str
    type: str
    nullable: bool
    fields: tuple[tuple[str, str], ...]

    @property
    def json(self) -> str:
        """The type under which `from_json` reads it: text, except numbers (see casts)."""
        if not self.fields:
            return _read_as(self.type)
        inner = ",".join(f"`{name}`:{_read_as(type_)}" for name, type_ in self.fields)
        return f"array<struct<{inner}>>" if self.is_array else f"struct<{inner}>"

    @property
    def is_array(self) -> bool:
        """An array of structs, as `items`."""
        return self.type.startswith("array<")

    @property
    def text(self) -> str:
        """The column that has it as it came."""
        return f"_t_{self.name}"


def _read_as(type_: str) -> str:
    return "variant" if is_number(type_) else "string"


def leaves(table: Table) -> tuple[Leaf, ...]:
    """The columns of a table that have a source in the payload, and the two that say what it is.

    Raises:
        ValueError: a source is not a member of the payload's top level under the column's name.
    """
    sourced = [column for column in table.columns if column.source is not None]
    for column in sourced:
        if column.source != column.name:
            raise ValueError(f"{table.name}.{column.name} has the source {column.source}: only members of its own name")
    found = {c.name: Leaf(c.name, c.type, c.nullable, tuple(_FIELD.findall(c.type))) for c in sourced}
    # Routing answers for a missing type; a missing version is 1.
    found["event_type"] = Leaf("event_type", "string", nullable=True, fields=())
    found["event_version"] = Leaf("event_version", "int", nullable=True, fields=())
    return tuple(found.values())


def parse(rows: DataFrame, table_name: str) -> DataFrame:
    """Read each row's payload as an event of the table.

    Args:
        rows: of `routing.unpack`.
        table_name: one of the event tables.

    Returns:
        The carried columns, the contract's payload columns typed (NULL where they do not fit), `_event_type`,
        `_envelope` (the reason why the payload was not read at all, or NULL) and `_fields` (bits of `field_faults`).
    """
    table = tables.load()[table_name]
    columns = leaves(table)
    schema = ", ".join(f"`{leaf.name}`: {leaf.json}" for leaf in columns)
    parsed = rows.selectExpr(*CARRIED, "_refusal", f"{parse_json(schema)} AS _parsed")
    texts = parsed.selectExpr("*", *(f"{_text(leaf)} AS {leaf.text}" for leaf in columns))
    typed = texts.selectExpr(
        "*", *(f"{_typed(leaf)} AS `{leaf.name}`" for leaf in columns), f"{_again(columns)} AS _again"
    )
    return typed.selectExpr(
        *CARRIED,
        *(f"`{leaf.name}`" for leaf in columns if leaf.name != "event_version"),
        "coalesce(event_version, 1) AS event_version",
        "event_type AS _event_type",
        f"{envelope('event_type', 'event_version', table.event_types)} AS _envelope",
        f"{bits([condition for _, condition in _checks(columns)])} AS _fields",
    )


def field_faults(table: Table) -> list[Fault]:
    """What the bits of `_fields` mean."""
    return [fault for fault, _ in _checks(leaves(table))]


def _text(leaf: Leaf) -> str:
    member = f"_parsed.e.`{leaf.name}`"
    return f"CAST({member} AS string)" if is_number(leaf.type) else member


def _typed(leaf: Leaf) -> str:
    if not leaf.is_array:
        return leaf.text if leaf.fields else cast(leaf.text, leaf.type)
    fields = ", ".join(f"'{name}', {_item_field(name, type_)}" for name, type_ in leaf.fields)
    return f"transform({leaf.text}, item -> named_struct({fields}))"


def _item_field(name: str, type_: str) -> str:
    return cast(_item_text(name), type_) if is_number(type_) else cast(f"item.`{name}`", type_)


def _item_text(name: str) -> str:
    return f"CAST(item.`{name}` AS string)"


def _checks(columns: tuple[Leaf, ...]) -> list[tuple[Fault, str]]:
    required = [leaf for leaf in columns if not leaf.nullable]
    missing = [Fault(Reason.MISSING_FIELD, leaf.name, "the field is missing or null") for leaf in required]
    absent = [f"{leaf.text} IS NULL AND NOT ({_misshapen(leaf)})" for leaf in required]
    return [_SHAPE, *(_wrong(leaf) for leaf in columns), *zip(missing, absent, strict=True)]


def _wrong(leaf: Leaf) -> tuple[Fault, str]:
    unfit = f"{leaf.text} IS NOT NULL AND `{leaf.name}` IS NULL"
    if leaf.type == "timestamp":
        return Fault(Reason.BAD_TIMESTAMP, leaf.name, "no RFC 3339 time with a zone"), unfit
    if leaf.name in _JSON_TEXT:
        return Fault(Reason.WRONG_TYPE, leaf.name, "not an object"), f"NOT startswith({leaf.text}, '{{')"
    if leaf.type == "string":
        return Fault(Reason.WRONG_TYPE, leaf.name, "not a text"), _no_text(leaf)
    if leaf.is_array:
        inside = f"exists({leaf.text}, item -> {_item_is_wrong(leaf)})"
        return Fault(Reason.WRONG_TYPE, leaf.name, "a line is not of its type"), f"{_misshapen(leaf)} OR {inside}"
    if leaf.fields:
        return Fault(Reason.WRONG_TYPE, leaf.name, "not an object"), _misshapen(leaf)
    return Fault(Reason.WRONG_TYPE, leaf.name, f"not a {leaf.type}"), f"{unfit} OR {_misshapen(leaf)}"


def _misshapen(leaf: Leaf) -> str:
    # from_json leaves out a member whose shape it cannot take (a text for a list) and says only that there was one.
    there = f"get_json_object(_text, '$.{leaf.name}') IS NOT NULL"
    return f"_parsed.corrupt IS NOT NULL AND {leaf.text} IS NULL AND {there}"


def _item_is_wrong(leaf: Leaf) -> str:
    numbers = [(_item_text(name), type_) for name, type_ in leaf.fields if is_number(type_)]
    return " OR ".join(
        ["item IS NULL", *(f"({text} IS NOT NULL AND {cast(text, kind)} IS NULL)" for text, kind in numbers)]
    )


def _is_suspect(leaf: Leaf) -> str:
    return f"(startswith({leaf.text}, '{{') OR startswith({leaf.text}, '[') OR {leaf.text} IN ('true', 'false'))"


def _again(columns: tuple[Leaf, ...]) -> str:
    # A real text may look like JSON; only rows that have one are read a second time, to see what it is.
    suspects = [_is_suspect(leaf) for leaf in columns if leaf.type == "string" and leaf.name not in _JSON_TEXT]
    return f"CASE WHEN {bits(suspects)} <> 0 THEN try_parse_json(_text) END"


def _no_text(leaf: Leaf) -> str:
    kind = f"schema_of_variant(try_variant_get(_again, '$.{leaf.name}', 'variant'))"
    return f"{_is_suspect(leaf)} AND {kind} <> 'STRING'"
