"""Says for every bronze row what its payload is and which table it belongs to, before anything in it is believed."""

from collections.abc import Sequence
from functools import cache

from pyspark.sql import DataFrame
from shoplake_contracts import events, tables
from shoplake_contracts.reasons import Reason
from shoplake_contracts.tables import Table

from silver_process.expressions import bits, literal, one_of
from silver_process.faults import Fault, records

ADDRESS = ("topic", "epoch", "partition", "offset")
TOO_LARGE_BYTES = 1024 * 1024

_OPTIONS = (
    "map('mode', 'PERMISSIVE', 'columnNameOfCorruptRecord', 'corrupt', "
    "'allowNonNumericNumbers', 'false', 'allowSingleQuotes', 'false')"
)
# A \u escape of half a surrogate pair: no UTF-8 can hold it, and Spark would turn each of them into the same "?".
_HALF_PAIR = (
    r"(?<!\\)(?:\\\\)*+(?:\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F])"
)
_BROKEN = "_parsed.corrupt IS NOT NULL AND get_json_object(_text, '$') IS NULL"
# As a member of an object, a text could still go on with members of its own (`{…}, "z": 1`), and as an element of an
# array with more elements. What is one value to both is one value.
_NOT_ALONE = "coalesce(json_array_length(concat('[', _text, ']')), 0) <> 1"
_ENVELOPE = (
    Fault(Reason.EMPTY, "$", "the record has no payload"),
    Fault(Reason.TOO_LARGE, "$", "the payload is 1 MiB or more"),
    Fault(Reason.NOT_UTF8, "$", "the payload is not UTF-8 text"),
    Fault(Reason.NOT_JSON, "$", "the payload is not one JSON value"),
    Fault(Reason.NOT_AN_OBJECT, "$", "the payload is JSON but no object"),
    Fault(Reason.UNKNOWN_EVENT_TYPE, "event_type", "no contract knows this event_type"),
    Fault(Reason.UNEXPECTED_EVENT_TYPE, "event_type", "the topic may not carry this event_type"),
    Fault(Reason.UNSUPPORTED_VERSION, "event_version", "only event_version 1 is known"),
)


@cache
def typed_tables() -> tuple[Table, ...]:
    """The tables that hold events, each fed by one typed topic and its share of the untyped ones."""
    return tuple(t for t in tables.load().values() if t.name.startswith("silver.") and t.topic is not None)


def route(bronze: DataFrame) -> DataFrame:
    """Say of bronze's rows what their payload is and where they belong.

    Args:
        bronze: rows of bronze, with `ingested_at` and silver's `processing_time`.

    Returns:
        Address and clocks; `_header_type` (bronze's idea of the type); `_refusal` (a reason when the payload is not
        worth parsing); `_text` (the payload when it is) or else `_unread` (its bytes); and `_target`, the table it
        belongs to: that of its topic, or that of its type where the topic may carry anything. Of a row of such a topic
        also `_event_type` and `_envelope`: a reason where it has no target.
    """
    unpacked = _unpack(bronze)
    typed = f"topic IN {one_of([str(table.topic) for table in typed_tables()])}"
    parsed = unpacked.selectExpr("*", f"CASE WHEN NOT {typed} THEN {parse_json('event_type string')} END AS _parsed")
    named = parsed.selectExpr("*", "_parsed.e.event_type AS _event_type")
    reason = envelope("_event_type", "NULL", events.event_types())
    judged = named.selectExpr("* EXCEPT (_parsed)", f"CASE WHEN NOT {typed} THEN {reason} END AS _envelope")
    return judged.selectExpr("*", f"CASE WHEN _envelope IS NULL THEN {_target()} END AS _target")


def _target() -> str:
    by_topic = " ".join(f"WHEN topic = '{table.topic}' THEN '{table.name}'" for table in typed_tables())
    by_type = " ".join(f"WHEN _event_type IN {one_of(t.event_types)} THEN '{t.name}'" for t in typed_tables())
    return f"CASE {by_topic} {by_type} END"


def _unpack(bronze: DataFrame) -> DataFrame:
    """Of each payload the text, or the bytes if it is not worth parsing: it is kept once."""
    rows = bronze.selectExpr(
        *(f"`{name}`" for name in ADDRESS),
        "kafka_timestamp",
        "ingested_at",
        "processing_time",
        "event_type AS _header_type",
        "raw_data AS _raw",
        "value AS _value",
        "coalesce(raw_data, try_validate_utf8(CAST(value AS string))) AS _payload",
    )
    refused = rows.selectExpr("*", f"{_refusal()} AS _refusal")
    return refused.selectExpr(
        "* EXCEPT (_raw, _value, _payload)",
        "CASE WHEN _refusal IS NULL THEN _payload END AS _text",
        "CASE WHEN _refusal IS NOT NULL THEN coalesce(_value, CAST(_raw AS binary)) END AS _unread",
    )


def _refusal() -> str:
    size = "coalesce(octet_length(_raw), octet_length(_value), 0)"
    blank = r"NOT startswith(_payload, '{') AND btrim(_payload, ' \t\r\n') = ''"
    halves = rf"(contains(_payload, '\\ud') OR contains(_payload, '\\uD')) AND _payload RLIKE {literal(_HALF_PAIR)}"
    return (
        f"CASE WHEN {size} = 0 OR {blank} THEN '{Reason.EMPTY}' "
        f"WHEN {size} >= {TOO_LARGE_BYTES} THEN '{Reason.TOO_LARGE}' "
        f"WHEN _payload IS NULL OR {halves} THEN '{Reason.NOT_UTF8}' END"
    )


def parse_json(fields: str) -> str:
    """SQL that reads `_text` as struct<e: struct<fields>, z: int, corrupt: string>.

    Spark stops reading at the end of the first value, so two events glued together would pass as one. The payload is
    therefore read as a member of an object of ours: `z` is NULL where the text does not end where it should, `e` is
    NULL where it is no object, and `corrupt` is set where something in it is no JSON or of a shape that `fields` does
    not allow (Spark reads on behind both).
    """
    schema = literal(f"e struct<{fields}>, z int, corrupt string")
    return f"""from_json(concat('{{"e":', _text, ',"z":1}}'), {schema}, {_OPTIONS})"""


def envelope(event_type: str, version: str, expected: Sequence[str]) -> str:
    """SQL for the reason (or NULL) why a row cannot be read as one of the `expected` event types.

    Args:
        event_type: the payload's own, which is the truth; a header never replaces it.
        version: the payload's event_version as int, NULL where absent or no number.
        expected: the event types that are in their place here.

    The row must have `_refusal` and `_parsed` (of `parse_json`).
    """
    known = one_of(events.event_types())
    return (
        f"CASE WHEN _refusal IS NOT NULL THEN _refusal "
        f"WHEN _parsed.z IS NULL OR ({_BROKEN}) OR {_NOT_ALONE} THEN '{Reason.NOT_JSON}' "
        f"WHEN _parsed.e IS NULL THEN '{Reason.NOT_AN_OBJECT}' "
        f"WHEN {event_type} IS NULL OR {event_type} NOT IN {known} THEN '{Reason.UNKNOWN_EVENT_TYPE}' "
        f"WHEN {event_type} NOT IN {one_of(expected)} THEN '{Reason.UNEXPECTED_EVENT_TYPE}' "
        f"WHEN {version} <> 1 THEN '{Reason.UNSUPPORTED_VERSION}' END"
    )


def envelope_faults() -> str:
    """SQL for the records that belong to `_envelope`: one or none."""
    return records(bits([f"_envelope = '{fault.reason}'" for fault in _ENVELOPE]), _ENVELOPE)
