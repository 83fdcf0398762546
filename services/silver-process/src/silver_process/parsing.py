"""Payload text to the columns of a contract, once per table, with everything that does not fit noted per event."""

from pyspark.sql import DataFrame
from shoplake_contracts import tables
from shoplake_contracts.reasons import Reason
from shoplake_contracts.tables import Table

from silver_process.casts import cast, is_number
from silver_process.expressions import bits
from silver_process.faults import Fault
from silver_process.leaves import JSON_TEXT, Leaf, leaves
from silver_process.routing import ADDRESS, envelope, parse_json
from silver_process.texts import kinds, no_text

CARRIED = (
    *(f"`{name}`" for name in ADDRESS),
    "kafka_timestamp",
    "ingested_at",
    "processing_time",
    "_header_type",
    "_text",
    "_unread",
)
# Whatever from_json could not take counts, also where no single column can be named for it.
_SHAPE = (
    Fault(Reason.WRONG_TYPE, "$", "a member has a shape that the contract does not allow"),
    "_parsed.corrupt IS NOT NULL",
)


def parse(rows: DataFrame, table_name: str) -> DataFrame:
    """Read each row's payload as an event of the table.

    Args:
        rows: of `routing.route`.
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
        "*", *(f"{_typed(leaf)} AS `{leaf.name}`" for leaf in columns), f"{kinds(columns)} AS _kinds"
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
    return f"CAST({_member(leaf)} AS string)" if is_number(leaf.type) else _member(leaf)


def _member(leaf: Leaf) -> str:
    return f"_parsed.e.`{leaf.name}`"


def _typed(leaf: Leaf) -> str:
    if not leaf.is_array:
        return leaf.text if leaf.fields else cast(leaf.text, leaf.type, _member(leaf))
    fields = ", ".join(f"'{name}', {_item_field(name, type_)}" for name, type_ in leaf.fields)
    return f"transform({leaf.text}, item -> named_struct({fields}))"


def _item_field(name: str, type_: str) -> str:
    return cast(_item_text(name) if is_number(type_) else f"item.`{name}`", type_, f"item.`{name}`")


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
    if leaf.name in JSON_TEXT:
        return Fault(Reason.WRONG_TYPE, leaf.name, "not an object"), no_text(leaf)
    if leaf.type == "string":
        return Fault(Reason.WRONG_TYPE, leaf.name, "not a text"), no_text(leaf)
    if leaf.is_array:
        inside = f"exists({leaf.text}, item -> {_item_is_wrong(leaf)}) OR {no_text(leaf)}"
        return Fault(Reason.WRONG_TYPE, leaf.name, "a line is not of its type"), f"{_misshapen(leaf)} OR {inside}"
    if leaf.fields:
        fault = Fault(Reason.WRONG_TYPE, leaf.name, "not an object, or something in it is not a text")
        return fault, f"{_misshapen(leaf)} OR {no_text(leaf)}"
    return Fault(Reason.WRONG_TYPE, leaf.name, f"not a {leaf.type}"), f"{unfit} OR {_misshapen(leaf)}"


def _misshapen(leaf: Leaf) -> str:
    # from_json leaves out a member whose shape it cannot take (a text for a list) and says only that there was one.
    there = f"get_json_object(_text, '$.{leaf.name}') IS NOT NULL"
    return f"_parsed.corrupt IS NOT NULL AND {leaf.text} IS NULL AND {there}"


def _item_is_wrong(leaf: Leaf) -> str:
    numbers = [(name, type_) for name, type_ in leaf.fields if is_number(type_)]
    unfit = (f"({_item_text(name)} IS NOT NULL AND {_item_field(name, type_)} IS NULL)" for name, type_ in numbers)
    return " OR ".join(["item IS NULL", *unfit])
