"""Text of a payload to the contract's types, exactly: what does not fit becomes NULL, nothing is rounded or guessed.

Numbers arrive as text in one canonical form. They are read from the payload as Spark's `variant`, whose decimals are
exact up to 38 digits; a `string` in the schema of `from_json` would have gone through a double
(12345678901234.5678 → 1.2345678901234568E13), and a `decimal` would have taken "1,5" for 15.
"""

import re

_RFC_3339 = r"\\A\\d{4}-\\d{2}-\\d{2}[Tt]\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?([Zz]|[+-]\\d{2}:\\d{2})\\z"
_INTEGER = r"\\A-?(0|[1-9][0-9]{0,18})(\\.0+)?\\z"
# A literal with an exponent, or of more than 38 digits, is a double in a variant: exact below 15 digits only.
_EXPONENT = r"\\A-?[0-9]\\.[0-9]{1,17}E-?[0-9]{1,2}\\z"
_EXACT_DOUBLE = 10**11
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")


def is_number(type_: str) -> bool:
    """Whether a contract type is read from a JSON number (or a numeric string)."""
    return type_ in {"int", "bigint"} or _DECIMAL.fullmatch(type_) is not None


def cast(text: str, type_: str, source: str) -> str:
    """SQL for the typed value of `text`, NULL where it is absent or is no value of the contract type `type_`.

    Args:
        text: a SQL expression, cheap to repeat.
        type_: of a contract's column.
        source: for a number the variant that `text` was made from.

    Raises:
        ValueError: no payload column may have this type.
    """
    decimal = _DECIMAL.fullmatch(type_)
    if decimal:
        return _decimal(text, int(decimal[1]), int(decimal[2]), source)
    if type_ in {"int", "bigint"}:
        return f"CASE WHEN {text} RLIKE '{_INTEGER}' THEN try_cast(split_part({text}, '.', 1) AS {type_}) END"
    if type_ == "timestamp":
        return f"CASE WHEN {text} RLIKE '{_RFC_3339}' THEN try_cast(upper({text}) AS timestamp) END"
    if type_ == "boolean":
        return f"CASE {text} WHEN 'true' THEN true WHEN 'false' THEN false END"
    if type_ == "string":
        return text
    raise ValueError(f"no payload column can be a {type_}")


def _decimal(text: str, precision: int, scale: int, source: str) -> str:
    # The pattern also bounds the exponent: casting 1e-999999999 to a decimal would never come back.
    plain = rf"\\A-?(0|[1-9][0-9]{{0,{precision - scale - 1}}})(\\.[0-9]{{1,{scale}}}0*)?\\z"
    wide, narrow = f"try_cast({text} AS decimal(38,18))", f"try_cast({text} AS decimal({precision},{scale}))"
    # A numeric text has no exponent: only numbers come in that form.
    exponent = f"{text} RLIKE '{_EXPONENT}' AND schema_of_variant({source}) = 'DOUBLE'"
    return (
        f"CASE WHEN {text} RLIKE '{plain}' THEN {narrow} WHEN {exponent} THEN "
        f"CASE WHEN {wide} = {narrow} AND abs({wide}) < {_EXACT_DOUBLE} THEN {narrow} END END"
    )
