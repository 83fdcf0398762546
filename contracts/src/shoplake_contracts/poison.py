"""The poison corpus: payloads that break pipelines, each with what becomes of it here; data for every test that sends.

One file per family, `examples/poison/<family>.yaml`:

    doc: Bytes that are no text.
    cases:
      - name: overlong_slash          # unique; a good event's id is poison-<name>
        why: two bytes for a slash    # what makes it nasty, and why it ends where it ends
        topic: purchases              # left out: the topic of the payload's event type
        payload: {text: [{hex: "7b c0 af 7d"}]}  # or an event, or null for a record without a value
        key: null                     # left out: "poison"
        headers: {event_type: refund} # left out: none
        reason: not_utf8              # or `accepted: true`
        columns: {quantity: 2}        # accepted ones: what some columns of its row must be

    payload: {text: <text>}
    payload: {event: <event_type>/<case>, without: [<field>], with: {<field>: <text>}, again: {<field>: <text>}}

`event` is the good example of that name; `with` replaces or adds members, `again` adds them a second time, and their
values are JSON as it is to be sent, right or wrong: `"1e400"`. A `<text>` is a string, sent as UTF-8, or a list of
pieces: strings, `{hex: <bytes>}`, `{repeat: <string>, times: <n>}`, and at most one `{fill: <character>, to: <n>}`,
which makes the whole payload n bytes long.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shoplake_contracts import events, examples
from shoplake_contracts.data import ContractError, check_keys, documents
from shoplake_contracts.reasons import Reason

FOLDER = "examples/poison"
_OPTIONAL = frozenset({"topic", "key", "headers", "reason", "accepted", "columns"})
_Pieces = list[str | Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Case:
    """One record and what becomes of it.

    Attributes:
        family: the file it is in.
        name: unique in the corpus.
        why: what makes it nasty, in a line.
        topic: where it is sent.
        key: of the record.
        value: the payload, byte by byte; None for a record without one.
        headers: of the record.
        reason: why it is quarantined; None for one that is accepted.
        columns: of an accepted one, what some columns of its row must be; decimals and times as text.
    """

    family: str
    name: str
    why: str
    topic: str
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, str]
    reason: Reason | None
    columns: Mapping[str, Any]

    @property
    def accepted(self) -> bool:
        """Whether it ends in its table and not in quarantine."""
        return self.reason is None


@cache
def load() -> tuple[Case, ...]:
    """Every case, in the order of families and of the cases within one.

    Raises:
        ContractError: a case is not well formed; the message names it.
    """
    return tuple(case for path, content in documents(FOLDER) for case in _family(path, content))


def _family(path: Path, content: dict[str, Any]) -> Iterator[Case]:
    check_keys(path, content, required={"doc", "cases"})
    for case in content["cases"]:
        place = path.with_name(f"{path.name}:{case.get('name')}")
        check_keys(place, case, required={"name", "why", "payload"}, optional=_OPTIONAL)
        if (case.get("accepted") is True) == ("reason" in case):
            raise ContractError(f"{place}: either a reason or accepted: true")
        if "columns" in case and "reason" in case:
            raise ContractError(f"{place}: only an accepted case has columns")
        yield _case(place, path.stem, case)


def _case(place: Path, family: str, case: Mapping[str, Any]) -> Case:
    payload, key = case["payload"], case.get("key", "poison")
    base = payload.get("event") if isinstance(payload, dict) else None
    if base is None and "topic" not in case:
        raise ContractError(f"{place}: a topic is needed where there is no event")
    return Case(
        family=family,
        name=case["name"],
        why=case["why"],
        topic=case["topic"] if "topic" in case else events.topic_of(str(base).partition("/")[0]),
        key=None if key is None else key.encode(),
        value=None if payload is None else _value(place, payload, case["name"]),
        headers=MappingProxyType(dict(case.get("headers", {}))),
        reason=Reason(case["reason"]) if "reason" in case else None,
        columns=MappingProxyType(dict(case.get("columns", {}))),
    )


def _value(place: Path, payload: dict[str, Any], name: str) -> bytes:
    if "event" in payload:
        check_keys(place, payload, required={"event"}, optional=frozenset({"with", "without", "again"}))
        return _joined(place, _event(place, payload, name))
    check_keys(place, payload, required={"text"})
    return _joined(place, _pieces(payload["text"]))


def _event(place: Path, payload: dict[str, Any], name: str) -> _Pieces:
    """The example as JSON text, member by member, with its own id and with what the case changes."""
    if payload["event"] not in _good():
        raise ContractError(f"{place}: there is no good example {payload['event']}")
    members = {field: json.dumps(value) for field, value in _good()[payload["event"]].items()}
    changed = {**members, "event_id": json.dumps(f"poison-{name}"), **payload.get("with", {})}
    absent = set(payload.get("without", ()))
    if absent - changed.keys():
        raise ContractError(f"{place}: the example has no {sorted(absent - changed.keys())}")
    kept = [(field, text) for field, text in changed.items() if field not in absent]
    pieces: _Pieces = ["{"]
    for field, text in [*kept, *payload.get("again", {}).items()]:
        pieces += ["" if pieces == ["{"] else ", ", f"{json.dumps(field)}: ", *_pieces(text)]
    return [*pieces, "}"]


def _pieces(text: Any) -> _Pieces:
    return list(text) if isinstance(text, list) else [text]


def _joined(place: Path, pieces: _Pieces) -> bytes:
    """The pieces as bytes; what is filled takes whatever the others leave."""
    parts = [_part(place, piece) for piece in pieces]
    fillers = [piece for piece in pieces if not isinstance(piece, str) and "fill" in piece]
    if not fillers:
        return b"".join(parts)
    fill, gap = fillers[0]["fill"].encode(), fillers[0]["to"] - sum(map(len, parts))
    if len(fillers) > 1 or len(fill) != 1 or gap < 0:
        raise ContractError(f"{place}: one fill, of one byte, to at least what the other pieces have")
    return b"".join(fill * gap if piece is fillers[0] else part for piece, part in zip(pieces, parts, strict=True))


def _part(place: Path, piece: str | Mapping[str, Any]) -> bytes:
    if isinstance(piece, str):
        return piece.encode()
    if piece.keys() == {"hex"}:
        return bytes.fromhex(piece["hex"])
    if piece.keys() == {"repeat", "times"}:
        return bytes(piece["repeat"], "utf-8") * int(piece["times"])
    if piece.keys() == {"fill", "to"}:
        return b""
    raise ContractError(f"{place}: a piece is a string, hex, a repeat or a fill")


@cache
def _good() -> Mapping[str, Mapping[str, Any]]:
    good = (example for example in examples.load() if example.reason is None)
    return {f"{example.event_type}/{example.case}": example.event for example in good}
