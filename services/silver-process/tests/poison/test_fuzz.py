"""Good events with one thing changed, by the hundred, through the real box, against a second opinion in plain Python.

The second opinion reads the payload with `json`, exact numbers, and validates it with the contract's JSON Schema. It
forgives, on purpose, the three things that silver forgives and a schema cannot say:

- a whole number in place of a text is its digits: real ids come so;
- a numeric text in place of a number is that number, as with money, wherever a number is asked for;
- a whole number may be written with zero decimals, 2.0, also as a text.

What it finds invalid must be in quarantine. What it finds valid must be in its table, equal value by value, unless
silver names a reason that no schema can know: the time, the calendar, arithmetic, the number of decimals.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.validators import extend
from shoplake_contracts import events, examples, tables
from shoplake_contracts.reasons import Reason

Ends = list[list[tuple[str, dict[str, Any]]]]
Mutant = tuple[str, bytes]
pytestmark = pytest.mark.spark

MUTANTS = 600
GOOD = [example.event for example in examples.load() if example.reason is None]
BEYOND_SCHEMAS = {
    Reason.BAD_TIMESTAMP,
    Reason.FUTURE_TIMESTAMP,
    Reason.TOO_OLD,
    Reason.INCONSISTENT_TOTAL,
    Reason.WRONG_TYPE,
}
WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.0+)?")
MONEY = re.compile(r"-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,4}0*)?")
MARK = "@here@"
# JSON of every type, right and wrong, to put in the place of any value.
VALUES = (
    "null", "true", "false", "0", "-1", "1", "1.5", "2.0", "1.00001", "1e2", "1.5E1", "-0.0", "1e400", "01", "NaN",
    "10000000000000000000", "9223372036854775807", "99999999999999.9999", "{}", '{"a": 1}', '{"a": 1, "a": 2}',
    '{"a": {"b": [1.10, null]}}', "[]", "[1]", '["a"]', "[null]", "[{}]", "[[]]", "'a'", "", '"a"b', '""', '" "', '"x"',
    '"true"', '"12"', '"-3"', '"1.50"', '"1,50"', '"1e2"', '"1.5E1"', '"{}"', '"[1]"', '"EUR"', '"\\u0000"',
    '"\\ud83d\\ude00"', '"\\ud83d"', '"2025-01-31T08:00:00+02:00"', '"2025-02-31T08:00:00Z"', '"2025-05-01T24:00:00Z"',
    '"1969-07-20T20:17:40Z"', '"2030-01-01T00:00:00Z"',
)  # fmt: skip
PIECES = (
    b"\x00", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\\ud800", b'"', b"\\", b"{", b"}", b"[", b"]",
    b",", b":", b" ", b"\n", b"1", b"e", b"-", b"//",
)  # fmt: skip


@st.composite
def mutants(draw: st.DrawFn) -> Mutant:
    """A good event's topic and bytes, with an id of its own and one thing changed."""
    event = {**draw(st.sampled_from(GOOD)), "event_id": str(draw(st.uuids()))}
    topic = draw(st.sampled_from([events.topic_of(event["event_type"])] * 3 + ["raw-events"]))
    how = draw(st.sampled_from([_member_changed, _member_changed, _member_dropped, _member_twice, _bytes_changed]))
    return topic, how(draw, event)


def _holder(draw: st.DrawFn, event: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], str]:
    """A deep copy of the event, an object in it, and the name of one of the object's members."""
    copy = json.loads(json.dumps(event))
    inside = [copy, *(copy.get("items") or [])[:2], *(o for o in (copy.get("shipping_address"),) if o)]
    holder = draw(st.sampled_from([copy, *inside]))
    return copy, holder, draw(st.sampled_from(sorted(holder)))


def _member_changed(draw: st.DrawFn, event: dict[str, Any]) -> bytes:
    whole, holder, name = _holder(draw, event)
    holder[name] = MARK
    return json.dumps(whole).replace(f'"{MARK}"', draw(st.sampled_from(VALUES))).encode()


def _member_dropped(draw: st.DrawFn, event: dict[str, Any]) -> bytes:
    whole, holder, name = _holder(draw, event)
    del holder[name]
    return json.dumps(whole, indent=draw(st.sampled_from([None, 2]))).encode()


def _member_twice(draw: st.DrawFn, event: dict[str, Any]) -> bytes:
    whole, holder, name = _holder(draw, event)
    holder[MARK] = MARK
    again = f'"{name}": {draw(st.sampled_from(VALUES))}'
    return json.dumps(whole, ensure_ascii=False).replace(f'"{MARK}": "{MARK}"', again).encode()


def _bytes_changed(draw: st.DrawFn, event: dict[str, Any]) -> bytes:
    raw = json.dumps(event, ensure_ascii=False).encode()
    at = draw(st.integers(0, len(raw) - 1))
    until = draw(st.integers(at, min(len(raw), at + 40)))
    flipped = bytes([raw[at] ^ (1 << draw(st.integers(0, 7)))])
    changed = {
        "cut off": raw[:at],
        "flipped": raw[:at] + flipped + raw[at + 1 :],
        "inserted": raw[:at] + draw(st.sampled_from(PIECES)) + raw[at:],
        "cut out": raw[:at] + raw[until:],
        "repeated": raw[:until] + raw[at:],
    }
    return changed[draw(st.sampled_from(sorted(changed)))]


def collected() -> list[Mutant]:
    """The same mutants in every run."""
    found: list[Mutant] = []

    @settings(
        max_examples=MUTANTS,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(mutants())
    def collect(mutant: Mutant) -> None:
        found.append(mutant)

    collect()
    return sorted(set(found))


class RefusedError(ValueError):
    """The second opinion: this belongs into quarantine, for one of these reasons; none given is any."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(*reasons)
        self.reasons = set(reasons or Reason)


def _no_number(_constant: str) -> Any:
    raise RefusedError(Reason.NOT_JSON)


def _whole(checker: Any, value: Any) -> bool:  # noqa: ARG001 - jsonschema's signature
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and value == int(value)


EXACT = extend(Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _whole))


def second_opinion(topic: str, payload: bytes) -> dict[str, Any]:
    """The event as it should be kept; raises `RefusedError` where it should not."""
    event = _object(payload)
    kind = event.get("event_type")
    if kind not in events.event_types():
        raise RefusedError(Reason.UNKNOWN_EVENT_TYPE)
    if topic not in (events.topic_of(kind), "raw-events"):
        raise RefusedError(Reason.UNEXPECTED_EVENT_TYPE)
    forgiven = _forgiven(event, dict(_columns(kind)))
    if not EXACT(events.schema(kind)).is_valid(forgiven):
        raise RefusedError
    return forgiven


def _object(payload: bytes) -> dict[str, Any]:
    try:
        text = payload.decode()
        if not text.strip(" \t\r\n"):
            raise RefusedError(Reason.EMPTY)
        event = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
        json.dumps(event, ensure_ascii=False, default=str).encode()
    except UnicodeError as error:
        raise RefusedError(Reason.NOT_UTF8) from error
    except json.JSONDecodeError as error:
        half = [Reason.NOT_UTF8] if r"\ud" in text.lower() else []
        raise RefusedError(Reason.NOT_JSON, *half) from error
    if not isinstance(event, dict):
        raise RefusedError(Reason.NOT_AN_OBJECT)
    return event


def _columns(kind: str) -> Iterator[tuple[str, str]]:
    return ((c.name, c.type) for c in tables.load()[events.table_of(kind)].columns if c.source)


def _inside(type_: str) -> dict[str, str]:
    return dict(re.findall(r"(\w+):(\w+)", type_))


def _forgiven(members: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    return {name: _one_forgiven(value, types[name]) if name in types else value for name, value in members.items()}


def _one_forgiven(value: Any, type_: str) -> Any:
    if type_.startswith("array") and isinstance(value, list):
        return [_forgiven(item, _inside(type_)) if isinstance(item, dict) else item for item in value]
    if type_.startswith("struct") and isinstance(value, dict):
        return _forgiven(value, _inside(type_))
    if type_ == "string" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    number = {"int": WHOLE, "bigint": WHOLE}.get(type_, MONEY if type_.startswith("decimal") else None)
    return Decimal(value) if number and isinstance(value, str) and number.fullmatch(value) else value


def expected(value: Any, column: str, type_: str) -> Any:
    """A member of the forgiven event as its column should have it."""
    if value is None:
        return 1 if column == "event_version" else None
    if type_.startswith("array"):
        return [_struct(item, type_) for item in value]
    if type_.startswith("struct"):
        return _struct(value, type_)
    if type_ == "timestamp":
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    if type_.startswith("decimal"):
        return Decimal(value)
    return int(value) if type_ in {"int", "bigint"} else value


def _struct(value: Mapping[str, Any], type_: str) -> dict[str, Any]:
    return {name: expected(value.get(name), name, inner) for name, inner in _inside(type_).items()}


class Fate(NamedTuple):
    """A mutant, the event it should be kept as or the reasons why not, and every row it became."""

    payload: bytes
    opinion: dict[str, Any] | set[Reason]
    ends: list[tuple[str, dict[str, Any]]]


def opinion_of(mutant: Mutant) -> dict[str, Any] | set[Reason]:
    try:
        return second_opinion(*mutant)
    except RefusedError as error:
        return error.reasons


@pytest.fixture(scope="module")
def fates(boxed: Callable[..., Ends]) -> list[Fate]:
    found = collected()
    ends = boxed([(topic, payload, None) for topic, payload in found])
    return [Fate(mutant[1], opinion_of(mutant), rows) for mutant, rows in zip(found, ends, strict=True)]


def test_every_mutant_ends_exactly_once(fates: list[Fate]) -> None:
    assert len(fates) > MUTANTS / 2
    assert [fate for fate in fates if len(fate.ends) != 1] == []


def test_quarantine_keeps_the_bytes_and_names_a_reason(fates: list[Fate]) -> None:
    refused = [(fate.payload, row) for fate in fates for table, row in fate.ends if table == "silver.quarantine"]
    assert [payload for payload, row in refused if bytes(row["value"]) != payload or not row["errors"]] == []
    assert len({Reason(row["reason"]) for _, row in refused}) >= 9


def test_what_the_second_opinion_refuses_is_in_quarantine(fates: list[Fate]) -> None:
    refused = [fate for fate in fates if isinstance(fate.opinion, set)]
    ends = [(fate, table, row.get("reason")) for fate in refused for table, row in fate.ends]
    assert [(f, t, r) for f, t, r in ends if t != "silver.quarantine" or r not in f.opinion] == []
    assert len(refused) > MUTANTS / 4


def test_what_it_accepts_is_refused_only_for_what_no_schema_knows(fates: list[Fate]) -> None:
    ends = [(fate, table, row) for fate in fates if isinstance(fate.opinion, dict) for table, row in fate.ends]
    refused = [(fate, row["reason"], row["errors"]) for fate, table, row in ends if table == "silver.quarantine"]
    assert [(f, r, e) for f, r, e in refused if r not in BEYOND_SCHEMAS] == []
    assert len(refused) < len(ends) / 4


def test_what_is_accepted_is_kept_as_it_was_sent(fates: list[Fate]) -> None:
    kept = [
        (fate, row)
        for fate in fates
        if isinstance(fate.opinion, dict)
        for table, row in fate.ends
        if table == events.table_of(fate.opinion["event_type"])
    ]
    changed = [(fate.payload, list(differences(fate.opinion, row))) for fate, row in kept]
    assert [(payload, found) for payload, found in changed if found] == []
    assert len(kept) > MUTANTS / 5


def differences(event: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name, type_ in _columns(event["event_type"]):
        sent, found = expected(event.get(name), name, type_), row[name]
        if name == "metadata":
            sent, found = json.loads(json.dumps(sent, default=float)), json.loads(found or "null")
        if type_ == "timestamp":
            found = found.replace(tzinfo=UTC)
        if sent != found:
            yield name, sent, found
