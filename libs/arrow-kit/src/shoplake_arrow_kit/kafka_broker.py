"""Kafka as lake-kit's `BrokerPort`: which topics there are, and from where to where they can be read."""

import base64
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import IsolationLevel, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.admin._metadata import ClusterMetadata
from shoplake_contracts.errors import BrokerUnavailable
from shoplake_lake_kit.ports import Source
from shoplake_lake_kit.vector import Counts, Position

from shoplake_arrow_kit.event_sizes import EventSizes

TIMEOUT_SECONDS = 15.0
_EARLIEST, _LATEST = OffsetSpec.earliest(), OffsetSpec.latest()  # type: ignore[no-untyped-call]  # left unannotated
Options = Mapping[str, str]
_QUIET: Mapping[str, Any] = {
    # What goes wrong is raised where it was asked for; librdkafka's own lines on stderr say it again and again.
    "log_level": 0,
    # A broker that comes back is found within a second, not within ten.
    "reconnect.backoff.max.ms": 1000,
}


def client_options(options: Options) -> dict[str, Any]:
    """Librdkafka's options for a client of a service: where Kafka is, quiet, and quick to come back."""
    return {**options, **_QUIET}


class KafkaBroker:
    """Asks the broker through librdkafka's admin client."""

    def __init__(self, options: Options, topic_pattern: str, sizes: EventSizes) -> None:
        self._options = options
        self._pattern = re.compile(topic_pattern)
        self._sizes = sizes
        self._admin: AdminClient | None = None

    def source(self) -> Source:
        """Cluster, topic ids, first and last stable offsets of every topic that matches.

        Raises:
            BrokerUnavailable: The broker does not answer within 15 s, or a topic has no leader or goes away just now.
        """
        try:
            return self._source()
        except (KafkaException, FutureTimeoutError) as error:
            self.close()
            told = error.args[0].str() if isinstance(error, KafkaException) else "no answer"
            raise BrokerUnavailable(f"{self._options.get('bootstrap.servers')}: {told}") from error

    def close(self) -> None:
        """Give the connection back."""
        self._admin = None

    def _source(self) -> Source:
        admin, asked_at = self._connected(), datetime.now(UTC)
        metadata = admin.list_topics(timeout=TIMEOUT_SECONDS)
        numbers = self._partitions(metadata)
        partitions = [TopicPartition(name, number) for name, count in numbers.items() for number in range(count)]
        beginning, end = (_offsets(admin, partitions, spec) for spec in (_EARLIEST, _LATEST))
        held = Counts(end).minus(beginning)
        return Source(
            cluster=str(metadata.cluster_id),
            topic_ids=_topic_ids(admin, list(numbers)),
            epochs=None,
            beginning=beginning,
            end=end,
            complete_until=asked_at,
            event_bytes=self._sizes.averages({topic: sum(held.get(topic, ())) for topic in numbers}),
        )

    def _partitions(self, metadata: ClusterMetadata) -> dict[str, int]:
        matching = {name: topic for name, topic in sorted(metadata.topics.items()) if self._pattern.fullmatch(name)}
        for topic in matching.values():
            # Left out, it would look like a topic that lost everything it held.
            if topic.error is not None:
                raise KafkaException(topic.error)
        return {name: len(topic.partitions) for name, topic in matching.items()}

    def _connected(self) -> AdminClient:
        if self._admin is None:
            self._admin = AdminClient(client_options(self._options))
        return self._admin


def _topic_ids(admin: AdminClient, names: list[str]) -> dict[str, str]:
    if not names:
        return {}
    described = admin.describe_topics(TopicCollection(names), request_timeout=TIMEOUT_SECONDS)
    return {name: _text(described[name].result(TIMEOUT_SECONDS).topic_id) for name in names}


def _text(topic_id: Any) -> str:
    """A topic id as Kafka's own tools print it."""
    halves = (topic_id.get_most_significant_bits(), topic_id.get_least_significant_bits())
    raw = b"".join((half % 2**64).to_bytes(8, "big") for half in halves)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _offsets(admin: AdminClient, partitions: Sequence[TopicPartition], spec: OffsetSpec) -> Position:
    if not partitions:
        return Position()
    # Read-committed: events of transactions still open are not there yet.
    answer = admin.list_offsets(
        dict.fromkeys(partitions, spec),
        isolation_level=IsolationLevel.READ_COMMITTED,
        request_timeout=TIMEOUT_SECONDS,
    )
    return Position.from_items(
        (part.topic, part.partition, answer[part].result(TIMEOUT_SECONDS).offset) for part in partitions
    )
