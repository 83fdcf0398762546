"""The desired state of a service on the compacted topic `pipeline-state`: what it was told, kept over a restart."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

from aiokafka import AIOKafkaConsumer
from pydantic import BaseModel, ValidationError
from shoplake_contracts.states import State

from . import clients
from .outbox import Outbox
from .settings import KafkaSettings
from .topic_reader import TopicReader

TOPIC = "pipeline-state"


class Desired(BaseModel):
    """What a service shall do, and with which run-time config."""

    state: Literal[State.RUNNING, State.PAUSED, State.STOPPED]
    config: dict[str, Any] = {}


class StateStore:
    """Loads and saves the desired state of one service.

    Args:
        kafka: Where Kafka is.
        service: Key of its records.
        outbox: Sends the saves.
        read: Makes the consumer that loads; for tests.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        service: str,
        outbox: Outbox,
        *,
        read: Callable[[], AIOKafkaConsumer] | None = None,
    ) -> None:
        self._service = service
        self._outbox = outbox
        self._reader = TopicReader(kafka, TOPIC, service, read)

    async def load(self) -> Desired | None:
        """The newest desired state; None if there never was one that can be understood.

        Raises:
            BrokerUnavailable: Kafka is away or the topic is missing.
        """
        values = await self._reader.values()
        return _desired(values[-1]) if values else None

    async def save(self, desired: Desired) -> None:
        """Keep the desired state; returns when all replicas in sync have it.

        Raises:
            BrokerUnavailable: it is not kept.
        """
        value = {"service": self._service, "saved_at": datetime.now(UTC).isoformat(), **desired.model_dump(mode="json")}
        await self._outbox.deliver(TOPIC, self._service, value)


def _desired(value: bytes | None) -> Desired | None:
    try:
        return Desired.model_validate(clients.decode(value))
    except ValidationError:
        return None
