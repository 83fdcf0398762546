"""Kafka as lake-kit's `BrokerPort`: which topics there are, and from where to where they can be read."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession
from shoplake_contracts.errors import BrokerUnavailable
from shoplake_lake_kit.ports import Source
from shoplake_lake_kit.vector import Counts, Position

from shoplake_spark_kit.java import each, jvm, raised, root_cause

TIMEOUT_MS = "15000"


class KafkaBroker:
    """Asks the broker through the admin client that is on Spark's class path anyway."""

    def __init__(self, spark: SparkSession, options: Mapping[str, str], topic_pattern: str) -> None:
        self._jvm = jvm(spark)
        self._options = {"default.api.timeout.ms": TIMEOUT_MS, "request.timeout.ms": "5000", **options}
        self._pattern = re.compile(topic_pattern)
        self._admin: Any = None

    def source(self) -> Source:
        """Cluster, topic ids, first and last stable offsets of every topic that matches.

        Raises:
            BrokerUnavailable: the broker does not answer within 15 s.
        """
        try:
            return self._source()
        except Py4JJavaError as error:
            self.close()
            class_name, message = root_cause(error)
            raise BrokerUnavailable(f"{self._options.get('bootstrap.servers')}: {class_name}: {message}") from error

    def close(self) -> None:
        """Give the connection back."""
        if self._admin is not None:
            self._admin.close()
            self._admin = None

    def _source(self) -> Source:
        admin = self._connected()
        names = [str(name) for name in each(admin.listTopics().names().get()) if self._pattern.fullmatch(str(name))]
        described = admin.describeTopics(self._list(names)).allTopicNames().get()
        topics = {name: described.get(name) for name in sorted(names)}
        partitions = [(name, number) for name, topic in topics.items() for number in range(topic.partitions().size())]
        beginning, end = (self._offsets(admin, partitions, which) for which in ("earliest", "latest"))
        return Source(
            cluster=str(admin.describeCluster().clusterId().get()),
            topic_ids={name: str(topic.topicId().toString()) for name, topic in topics.items()},
            epochs=None,
            beginning=beginning,
            end=end,
            event_bytes=self._event_bytes(admin, Counts(end).minus(beginning)),
        )

    def _connected(self) -> Any:
        if self._admin is None:
            properties = self._jvm.java.util.Properties()
            for key, value in self._options.items():
                properties.setProperty(key, value)
            self._admin = self._jvm.org.apache.kafka.clients.admin.Admin.create(properties)
        return self._admin

    def _offsets(self, admin: Any, partitions: Iterable[tuple[str, int]], which: str) -> Position:
        kafka = self._jvm.org.apache.kafka
        asked = self._jvm.java.util.HashMap()
        keys = [(topic, number, kafka.common.TopicPartition(topic, number)) for topic, number in partitions]
        for _, _, key in keys:
            asked.put(key, getattr(kafka.clients.admin.OffsetSpec, which)())
        # Read-committed: events of transactions still open are not there yet.
        options = kafka.clients.admin.ListOffsetsOptions(kafka.common.IsolationLevel.READ_COMMITTED)
        answer = admin.listOffsets(asked, options).all().get()
        return Position.from_items((topic, number, int(answer.get(key).offset())) for topic, number, key in keys)

    def _event_bytes(self, admin: Any, held: Counts) -> dict[str, float]:
        """Average size of an event per topic, from the sizes of the logs as they lie on the brokers' disks.

        Nothing where the broker does not let us look: the limit by number of events holds anyway.
        """
        try:
            sizes = self._log_sizes(admin)
        except Py4JJavaError as error:
            if not raised(error, "ClusterAuthorizationException", "UnsupportedVersionException"):
                raise
            return {}
        events = {topic: sum(row) for topic, row in held.items()}
        volume = {topic: sum(size for (name, _), size in sizes.items() if name == topic) for topic in events}
        return {topic: volume[topic] / number for topic, number in events.items() if number > 0}

    def _log_sizes(self, admin: Any) -> dict[tuple[str, int], int]:
        brokers = self._list(node.id() for node in each(admin.describeCluster().nodes().get()))
        sizes: dict[tuple[str, int], int] = {}
        # py4j shows Java's maps as Python's.
        for folders in admin.describeLogDirs(brokers).allDescriptions().get().values():
            for folder in folders.values():
                for partition, replica in folder.replicaInfos().items():
                    key = (str(partition.topic()), int(partition.partition()))
                    sizes[key] = max(sizes.get(key, 0), int(replica.size()))
        return sizes

    def _list(self, values: Iterable[str | int]) -> Any:
        result = self._jvm.java.util.ArrayList()
        for value in values:
            result.add(value)
        return result
