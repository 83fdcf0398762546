"""Event contracts: the JSON Schemas of events, and which topic and table an event type belongs to.

The files under `events/` refer to `common.v1.schema.json`, so that what events share is written once. `schema` gives
each event's as one document without references to files, ready for any validator.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from shoplake_contracts import tables, topics
from shoplake_contracts.data import root

COMMON = "common.v1.schema.json"
DEFINITION = "#/$defs/"


@cache
def event_types() -> tuple[str, ...]:
    """Every event type, in the order of topics and of the types within one."""
    return tuple(_topic_of())


def topic_of(event_type: str) -> str:
    """The typed topic of an event type.

    Raises:
        KeyError: there is no such event type.
    """
    return _topic_of()[event_type]


def table_of(event_type: str) -> str:
    """The silver table an event type lands in.

    Raises:
        KeyError: there is no such event type.
    """
    return _table_of()[event_type]


@cache
def schema(event_type: str, version: int = 1) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one event type, complete in itself.

    The result is shared: it MUST NOT be changed.

    Raises:
        FileNotFoundError: there is no such event type, or not in this version.
    """
    event = _inside(_read(f"{event_type}.v{version}.schema.json"))
    definitions = _read(COMMON)["$defs"]
    used: dict[str, Any] = {}
    waiting = list(_references(event))
    while waiting:
        name = waiting.pop()
        if name not in used:
            used[name] = definitions[name]
            waiting.extend(_references(definitions[name]))
    return {**event, "$defs": dict(sorted(used.items()))}


@cache
def fields(event_type: str, version: int = 1) -> Mapping[str, dict[str, Any]]:
    """The schema of every field an event type may have, shared ones first, each without a reference at its top.

    Raises:
        FileNotFoundError: there is no such event type, or not in this version.
    """
    whole = schema(event_type, version)
    parts = [*(_resolved(part, whole) for part in whole.get("allOf", ())), whole]
    found = {name: _resolved(field, whole) for part in parts for name, field in part.get("properties", {}).items()}
    return MappingProxyType(found)


def required(event_type: str, version: int = 1) -> frozenset[str]:
    """The fields that an event of the type must have, and not as null."""
    return frozenset(schema(event_type, version)["required"])


def _resolved(node: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    target: dict[str, Any] = whole["$defs"][node["$ref"].removeprefix(DEFINITION)]
    return {**target, **{key: value for key, value in node.items() if key != "$ref"}}


def _inside(node: Any) -> Any:
    """The same schema with references into the document itself instead of into the common file."""
    if isinstance(node, dict):
        return {key: value.removeprefix(COMMON) if key == "$ref" else _inside(value) for key, value in node.items()}
    return [_inside(value) for value in node] if isinstance(node, list) else node


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for value in node:
            yield from _references(value)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value.removeprefix(DEFINITION)
            else:
                yield from _references(value)


@cache
def _topic_of() -> Mapping[str, str]:
    found = {kind: topic.name for topic in topics.load().values() for kind in topic.event_types}
    return MappingProxyType(found)


@cache
def _table_of() -> Mapping[str, str]:
    found = {kind: table.name for table in tables.load().values() for kind in table.event_types}
    return MappingProxyType(found)


def _read(file: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root() / "events" / file).read_text(encoding="utf-8"))
    return found
