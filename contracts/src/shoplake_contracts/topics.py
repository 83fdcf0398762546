"""Topic contracts: which Kafka topics there are, how they are created, who writes and reads them.

One file per topic, `topics/<topic>.yaml`; the keys are the attributes of `Topic`. `retention` is written as `7d`,
`12h` or `compacted`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shoplake_contracts.data import ContractError, check_keys, documents

COMPACTED = "compacted"
_RETENTION = re.compile(r"(\d+)([dh])")
_MILLISECONDS = {"d": 86_400_000, "h": 3_600_000}
_REQUIRED = {
    "name",
    "doc",
    "key",
    "partitions",
    "retention",
    "timestamp_type",
    "compression",
    "max_message_bytes",
    "producers",
    "consumers",
    "versions",
}


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic.

    Attributes:
        name: as on the broker.
        doc: what a message is.
        key: what the message key is.
        event_types: events it may carry; empty for the pipeline's own topics.
        any_event: whether it is an inlet for every event type.
        partitions: how many it is created with; more may be added, never fewer.
        retention_ms: how long messages are kept; None for a compacted topic.
        cleanup_policy: `delete` or `compact`.
        timestamp_type: `LogAppendTime` (the broker's clock) or `CreateTime`.
        compression: the broker's `compression.type`.
        max_message_bytes: the largest record batch the broker takes.
        producers: services that write it.
        consumers: services that read it.
        versions: event versions it may carry.
    """

    name: str
    doc: str
    key: str
    event_types: tuple[str, ...]
    any_event: bool
    partitions: int
    retention_ms: int | None
    cleanup_policy: str
    timestamp_type: str
    compression: str
    max_message_bytes: int
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    versions: tuple[int, ...]

    @property
    def is_event_topic(self) -> bool:
        """Whether bronze reads it."""
        return self.any_event or bool(self.event_types)


@cache
def load() -> Mapping[str, Topic]:
    """Every topic by name.

    Raises:
        ContractError: a file is malformed.
    """
    found = [_topic(path, content) for path, content in documents("topics")]
    return MappingProxyType({topic.name: topic for topic in found})


@cache
def event_topics() -> tuple[str, ...]:
    """The topics that carry events, which bronze reads."""
    return tuple(name for name, topic in load().items() if topic.is_event_topic)


def config(name: str) -> dict[str, str]:
    """The broker's config entries with which a topic is created.

    Raises:
        KeyError: no contract names the topic.
    """
    topic = load()[name]
    entries = {
        "cleanup.policy": topic.cleanup_policy,
        "compression.type": topic.compression,
        "max.message.bytes": str(topic.max_message_bytes),
        "message.timestamp.type": topic.timestamp_type,
    }
    if topic.retention_ms is not None:
        entries["retention.ms"] = str(topic.retention_ms)
    return entries


def _topic(path: Path, content: dict[str, Any]) -> Topic:
    check_keys(path, content, required=_REQUIRED, optional=frozenset({"event_types", "any_event"}))
    if path.stem != content["name"]:
        raise ContractError(f"{path}: the file's name and its topic's, {content['name']}, differ")
    retention = _retention(path, content["retention"])
    return Topic(
        name=content["name"],
        doc=content["doc"],
        key=content["key"],
        event_types=tuple(content.get("event_types", ())),
        any_event=content.get("any_event", False),
        partitions=content["partitions"],
        retention_ms=retention,
        cleanup_policy="compact" if retention is None else "delete",
        timestamp_type=content["timestamp_type"],
        compression=content["compression"],
        max_message_bytes=content["max_message_bytes"],
        producers=tuple(content["producers"]),
        consumers=tuple(content["consumers"]),
        versions=tuple(content["versions"]),
    )


def _retention(path: Path, text: str) -> int | None:
    if text == COMPACTED:
        return None
    match = _RETENTION.fullmatch(text)
    if match is None:
        raise ContractError(f"{path}: retention is 7d, 12h or {COMPACTED}, not {text}")
    return int(match[1]) * _MILLISECONDS[match[2]]
