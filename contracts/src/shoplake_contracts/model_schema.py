"""The event schemas as one document that a code generator turns into plain classes."""

from collections.abc import Mapping
from typing import Any

from shoplake_contracts import events

_KEPT = ("title", "description", "type", "allOf", "properties")


def model_schema(version: int = 1) -> dict[str, Any]:
    """Every event type of a version as a definition, with its objects (event, traffic, item, address) beside it.

    The document itself is any of the events. What a class cannot say is left to the schemas: that one of user_id and
    anonymous_id is there, and how a number or a time is spelled.
    """
    definitions: dict[str, Any] = {}
    choices = []
    for event_type in events.event_types():
        whole = events.schema(event_type, version)
        shared = whole["$defs"]
        for definition in shared.values():
            if "title" in definition:
                definitions[definition["title"]] = _plain(definition, shared)
        own = {"required": [name for name in whole["required"] if name in whole["properties"]]}
        definitions[whole["title"]] = _plain({key: whole[key] for key in _KEPT}, shared) | own
        choices.append({"$ref": f"{events.DEFINITION}{whole['title']}"})
    return {
        "$schema": whole["$schema"],
        "title": "AnyEvent",
        "description": "An event of any type, told apart by event_type.",
        "oneOf": choices,
        "discriminator": {"propertyName": "event_type"},
        "$defs": definitions,
    }


def _plain(node: Any, shared: Mapping[str, Any]) -> Any:
    """References kept to objects only; everything else written out in its place."""
    if isinstance(node, list):
        return [_plain(value, shared) for value in node if value != {"$ref": f"{events.DEFINITION}visitor"}]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _referred(node, shared)
    if node.get("format") == "date-time":
        return {key: value for key, value in node.items() if key != "pattern"}
    if _is_number(node):
        return _number(node)
    return {key: _plain(value, shared) for key, value in node.items()}


def _referred(node: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    target = shared[node["$ref"].removeprefix(events.DEFINITION)]
    if "title" in target:
        return {"$ref": f"{events.DEFINITION}{target['title']}"}
    written: dict[str, Any] = _plain({**target, **{key: value for key, value in node.items() if key != "$ref"}}, shared)
    return written


def _is_number(node: Mapping[str, Any]) -> bool:
    spellings = (node, *node.get("anyOf", ()))
    return any("number" in spelling.get("type", ()) for spelling in spellings)


def _number(node: Mapping[str, Any]) -> dict[str, Any]:
    """A decimal whatever its spellings: a float would lose what the contract promises."""
    spellings = node.get("anyOf", [node])
    number = next(spelling for spelling in spellings if "number" in spelling["type"])
    null = any("null" in spelling["type"] for spelling in spellings)
    kept = {key: value for key, value in node.items() if key != "anyOf"}
    return {**kept, **number, "type": ["number", "null"] if null else "number", "format": "decimal"}
