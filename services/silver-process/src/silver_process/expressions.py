"""Pieces of Spark SQL text.

Silver's checks are written as SQL, like the rules of the contracts: a table has some hundred of them, and building
each as a Column object costs the driver ten calls into the JVM, box after box. Only contracts and settings get into
the text, never anything of an event.
"""

from collections.abc import Sequence
from datetime import date

Parameter = str | int | date
MAX_BITS = 63


def literal(value: Parameter) -> str:
    """A value as a SQL literal."""
    if isinstance(value, date):
        return f"DATE'{value.isoformat()}'"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    return str(value)


def one_of(values: Sequence[str]) -> str:
    """The right side of IN."""
    return f"({', '.join(map(literal, values))})"


def bits(conditions: Sequence[str]) -> str:
    """A bigint whose bit i is set where condition i holds; NULL counts as not.

    Raises:
        ValueError: there are more conditions than bits.
    """
    if len(conditions) > MAX_BITS:
        raise ValueError(f"{len(conditions)} checks, but only {MAX_BITS} bits")
    masks = [f"CASE WHEN {condition} THEN {1 << bit}L ELSE 0L END" for bit, condition in enumerate(conditions)]
    # Without parentheses: the parser reads on to the end of each pair to see what it is, once for every level.
    return " | ".join(masks) or "0L"


def chosen(mask: str, listed: Sequence[str], type_: str) -> str:
    """The elements of a list of expressions whose bits are set in `mask`, as array<type_>."""
    if not listed:
        return f"CAST(array() AS array<{type_}>)"
    elements = f"CAST(array({', '.join(listed)}) AS array<{type_}>)"
    found = f"filter({elements}, (element, bit) -> getbit({mask}, bit) = 1)"
    return f"CASE WHEN {mask} <> 0 THEN {found} ELSE CAST(array() AS array<{type_}>) END"
