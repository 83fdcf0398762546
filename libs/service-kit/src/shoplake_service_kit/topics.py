"""Creates the contract's topics on a broker, so that no other tool is needed to start; never removes anything."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code
from shoplake_contracts import topics as contract
from shoplake_contracts.errors import BrokerUnavailable

from .clients import REQUEST_TIMEOUT_MS
from .outbox import UNREACHABLE
from .settings import KafkaSettings

ENSURE_SECONDS = 60.0
log = structlog.get_logger()


async def ensure_topics(kafka: KafkaSettings, *, connect: Callable[[], AIOKafkaAdminClient] | None = None) -> list[str]:
    """Create the contract's topics that are absent, with their config, and add missing partitions.

    Replication is the broker's default. Several services may do this at once.

    Returns:
        The names of the topics that were created or got partitions.

    Raises:
        BrokerUnavailable: Kafka is away, or refused to create a topic.
    """
    admin = connect() if connect else _admin(kafka)
    try:
        async with asyncio.timeout(ENSURE_SECONDS):
            await admin.start()
            return await _ensure(admin)
    except UNREACHABLE as error:
        raise BrokerUnavailable(f"The topics cannot be created: {error!r}") from error
    finally:
        await admin.close()


def _admin(kafka: KafkaSettings) -> AIOKafkaAdminClient:
    return AIOKafkaAdminClient(request_timeout_ms=REQUEST_TIMEOUT_MS, **kafka.aiokafka())


async def _ensure(admin: AIOKafkaAdminClient) -> list[str]:
    declared = contract.load()
    present = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
    absent = [name for name in declared if name not in present]
    created = await _create(admin, absent)
    short = {
        name: NewPartitions(total_count=topic.partitions)
        for name, topic in declared.items()
        if 0 < present.get(name, 0) < topic.partitions
    }
    if short:
        await admin.create_partitions(short)
        log.info("partitions_added", topics=sorted(short))
    return created + list(short)


async def _create(admin: AIOKafkaAdminClient, names: Iterable[str]) -> list[str]:
    wanted = [_new_topic(name) for name in names]
    if not wanted:
        return []
    response = await admin.create_topics(wanted)
    created = [name for name, code, *detail in response.topic_errors if _is_created(name, code, detail)]
    log.info("topics_created", topics=created)
    return created


def _new_topic(name: str) -> NewTopic:
    # An empty assignment beside a count is how this client lets the broker choose the replication factor.
    return NewTopic(
        name=name,
        num_partitions=contract.load()[name].partitions,
        replication_factor=-1,
        replica_assignments={},
        topic_configs=contract.config(name),
    )


def _is_created(name: str, code: int, detail: list[Any]) -> bool:
    """False if another service was faster."""
    if code == TopicAlreadyExistsError.errno:
        return False
    if code:
        raise BrokerUnavailable(
            f"Topic {name} cannot be created: {for_code(code).__name__} {detail}",
            remedy="Create the topics of contracts/topics yourself, or grant Create on them.",
        )
    return True
