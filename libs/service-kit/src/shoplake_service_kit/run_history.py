"""The runs of a service on the topic `pipeline-runs`: a restarted service still answers for those before it."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer
from pydantic import ValidationError

from . import clients
from .outbox import Outbox
from .run_collection import RunCollection, told
from .runs import Run
from .settings import KafkaSettings
from .topic_reader import TopicReader

log = structlog.get_logger()
TOPIC = "pipeline-runs"


class RunHistory:
    """Writes down every run that is put in line or ends, and brings them back.

    Args:
        kafka: Where Kafka is.
        service: Key of its records.
        outbox: Sends them; while Kafka is away the newest wait there, so that no run waits for it.
        collections: What the service offers.
        read: Makes the consumer that loads; for tests.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        service: str,
        outbox: Outbox,
        collections: Sequence[RunCollection[Any]],
        *,
        read: Callable[[], AIOKafkaConsumer] | None = None,
    ) -> None:
        self._service = service
        self._outbox = outbox
        self._collections = collections
        self._reader = TopicReader(kafka, TOPIC, service, read)
        for collection in collections:
            collection.runs.keep = partial(self._keep, collection)

    async def restore(self) -> None:
        """Hand each collection the runs that it had before this process began.

        Raises:
            BrokerUnavailable: Kafka is away or the topic is missing.
        """
        records = [record for value in await self._reader.values() if (record := clients.decode(value))]
        for collection in self._collections:
            newest = {run.id: run for run in _runs(collection, records)}
            collection.runs.restore(list(newest.values()))

    def _keep(self, collection: RunCollection[Any], run: Run[Any]) -> None:
        view = collection.view(**told(run)).model_dump(mode="json", by_alias=True)
        self._outbox.put(
            TOPIC, self._service, {"service": self._service, "collection": collection.runs.collection, "run": view}
        )


def _runs(collection: RunCollection[Any], records: Sequence[dict[str, Any]]) -> Iterator[Run[Any]]:
    """The runs of a collection as they were written down, oldest first; one run may be there more than once."""
    for record in records:
        if record.get("collection") != collection.runs.collection:
            continue
        try:
            view = collection.view.model_validate(record.get("run"))
        except ValidationError as error:
            # Written by another version, which knew other wishes.
            log.warning("run_not_understood", collection=collection.runs.collection, reason=str(error))
        else:
            yield Run(**dict(view))
