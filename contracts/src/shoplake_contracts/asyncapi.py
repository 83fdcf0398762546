"""The channels in AsyncAPI's words, for tools that read them; derived from topics and event schemas."""

from collections.abc import Iterator
from typing import Any

import yaml

from shoplake_contracts import events, topics
from shoplake_contracts.topics import Topic

SCHEMA_FORMAT = "application/schema+json;version=draft-2020-12"
HEAD = "# Generated from topics/ and events/: run make generate.\n"
HEADERS: dict[str, Any] = {
    "type": "object",
    "description": "So that a reader can route without parsing; where the payload disagrees, the payload is the truth.",
    "properties": {
        "event_type": {"type": "string"},
        "event_id": {"type": "string"},
        "schema_version": {"type": "string"},
        "produced_at": {"type": "string", "format": "date-time", "description": "The producer's own clock"},
        "traceparent": {"type": "string", "description": "W3C trace context"},
    },
}


def document() -> str:
    """The content of asyncapi.yaml."""
    content = {
        "asyncapi": "3.1.0",
        "info": {
            "title": "Shoplake",
            "version": "1",
            "description": "Shop events in, from any producer; the pipeline's own announcements out.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in topics.load().values()},
        "operations": dict(_operations()),
        "components": {
            "messages": {name: _message(name) for name in events.event_types()},
            "schemas": {"headers": HEADERS},
        },
    }
    return HEAD + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)


def _channel(topic: Topic) -> dict[str, Any]:
    settings = {
        "cleanup.policy": [topic.cleanup_policy],
        **({} if topic.retention_ms is None else {"retention.ms": topic.retention_ms}),
        "max.message.bytes": topic.max_message_bytes,
    }
    kafka = {"topic": topic.name, "partitions": topic.partitions, "topicConfiguration": settings}
    messages = {name: {"$ref": f"#/components/messages/{name}"} for name in _carried(topic)}
    return {
        "address": topic.name,
        "description": f"{topic.doc} Message key: {topic.key}.",
        **({"messages": messages} if messages else {}),
        "bindings": {"kafka": {**kafka, "bindingVersion": "0.5.0"}},
    }


def _carried(topic: Topic) -> tuple[str, ...]:
    return events.event_types() if topic.any_event else topic.event_types


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for topic in topics.load().values():
        action = "receive" if topic.is_event_topic else "send"
        yield f"{action}_{topic.name}", {"action": action, "channel": {"$ref": f"#/channels/{topic.name}"}}


def _message(event_type: str) -> dict[str, Any]:
    schema = events.schema(event_type)
    return {
        "name": event_type,
        "title": schema["title"],
        "summary": schema["description"],
        "headers": {"$ref": "#/components/schemas/headers"},
        "payload": {"schemaFormat": SCHEMA_FORMAT, "schema": {"$ref": f"events/{event_type}.v1.schema.json"}},
    }
