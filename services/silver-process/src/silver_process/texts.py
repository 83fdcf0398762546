"""Tells a text from what only reads like one.

In a text column `from_json` takes any JSON value by its letters: `true` and `"true"` look the same afterwards, and so
do an object and a text that holds one. A fraction even changes on the way (1.10 → 1.1). What could be such a value is
rare, so events are looked through for it cheaply, and only those that have one are read a second time, with types.
"""

from collections.abc import Iterable, Sequence

from silver_process.expressions import bits, literal, one_of
from silver_process.leaves import JSON_TEXT, Leaf

_WORDS = one_of(["true", "false", '"Infinity"', '"-Infinity"'])  # the last two are what 1e400 becomes
# What a double is written as. A whole number in place of a text keeps its digits, and is taken: real ids come so.
_DOUBLE = r"\\A-?[0-9]+\\.[0-9]+(E-?[0-9]+)?\\z"
_LONGEST_DOUBLE = 24
# A member of that name whose value is a text; a name may also be written in escapes, six characters for each of its
# letters. Without that bound, a payload of nothing but escapes would take hours.
_TEXT_MEMBER = r"(?:{name}|\\u00[67][^\"]{{0,{longest}}})\"\s*:\s*\""


def kinds(columns: Sequence[Leaf]) -> str:
    """SQL for the second reading, with a variant in place of each text; NULL where nothing looks suspicious."""
    read = [leaf for leaf in columns if leaf.kinds is not None]
    schema = literal(", ".join(f"`{leaf.name}` {leaf.kinds}" for leaf in read))
    return f"CASE WHEN {bits([_is_suspect(leaf) for leaf in read])} <> 0 THEN from_json(_text, {schema}) END"


def no_text(leaf: Leaf) -> str:
    """SQL for whether a text of the leaf was none in the payload (an object's: was none)."""
    second = f"_kinds.`{leaf.name}`"
    if leaf.name in JSON_TEXT:
        return f"NOT startswith({leaf.text}, '{{') OR ({_is_suspect(leaf)} AND {_kind(second)} = 'STRING')"
    if leaf.is_array:
        wrong = _any(_wrong(f"item.`{name}`", f"get({second}, place).`{name}`") for name in leaf.texts)
        return f"({_is_suspect(leaf)} AND exists(transform({leaf.text}, (item, place) -> {wrong}), wrong -> wrong))"
    if leaf.fields:
        return _any(_wrong(f"{leaf.text}.`{name}`", f"{second}.`{name}`") for name in leaf.texts)
    return _wrong(leaf.text, second)


def _is_suspect(leaf: Leaf) -> str:
    if leaf.name in JSON_TEXT:
        pattern = literal(_TEXT_MEMBER.format(name=leaf.name, longest=6 * len(leaf.name)))
        return f"(startswith({leaf.text}, '{{') AND _text RLIKE {pattern})"
    if leaf.is_array:
        return f"exists({leaf.text}, item -> {_any(_is_no_plain_text(f'item.`{name}`') for name in leaf.texts)})"
    if leaf.fields:
        return _any(_is_no_plain_text(f"{leaf.text}.`{name}`") for name in leaf.texts)
    return _is_no_plain_text(leaf.text)


def _is_no_plain_text(text: str) -> str:
    fraction = f"octet_length({text}) <= {_LONGEST_DOUBLE} AND contains({text}, '.') AND {text} RLIKE '{_DOUBLE}'"
    return f"(startswith({text}, '{{') OR startswith({text}, '[') OR {text} IN {_WORDS} OR {fraction})"


def _wrong(text: str, second: str) -> str:
    # No kind at all: an object so odd (a name twice) that no variant holds it, but no text. Another text: the name is
    # there twice, and the second reading stopped at the odd one.
    is_this_text = f"coalesce({_kind(second)}, '') = 'STRING' AND CAST({second} AS string) = {text}"
    return f"({_is_no_plain_text(text)} AND NOT ({is_this_text}))"


def _kind(variant: str) -> str:
    return f"schema_of_variant({variant})"


def _any(conditions: Iterable[str]) -> str:
    return f"({' OR '.join(conditions)})"
