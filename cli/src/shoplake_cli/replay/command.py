"""The replay against a real Kafka, for the command line."""

import asyncio
from pathlib import Path

from shoplake_service_kit.event_publisher import EventPublisher, idempotent_producer
from shoplake_service_kit.settings import KafkaSettings
from shoplake_service_kit.topics import ensure_topics

from .engine import Replay
from .mapping import Mapping
from .report import ProgressCallback, Report


def run_replay(
    kafka: KafkaSettings,
    file: Path,
    mapping: Mapping,
    speed: float | None = None,
    progress: ProgressCallback | None = None,
) -> Report:
    """Send a data set's file to Kafka as contract events; returns when the broker confirmed every one.

    Args:
        kafka: Where Kafka is.
        file: Text, .gz or not.
        mapping: How to read it.
        speed: Event seconds per real second; None for as fast as it goes.
        progress: Told after each chunk, from the same thread.

    Raises:
        InvalidRequest: the file cannot be read, is another data set, or the speed is not above 0.
        BrokerUnavailable: Kafka is away, or was too long.
    """
    return asyncio.run(_replay(kafka, file, mapping, speed, progress))


async def _replay(
    kafka: KafkaSettings,
    file: Path,
    mapping: Mapping,
    speed: float | None,
    progress: ProgressCallback | None,
) -> Report:
    if kafka.create_topics:
        await ensure_topics(kafka)
    publisher = EventPublisher(lambda: idempotent_producer(kafka))
    try:
        await publisher.start()
        return await Replay(file, mapping, publisher, speed, progress).run()
    finally:
        await publisher.stop()
