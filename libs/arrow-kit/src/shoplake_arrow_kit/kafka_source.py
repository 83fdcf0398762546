"""Reads a box from Kafka by its exact offsets: the same box gives the same rows, whenever it is read."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress

import pyarrow as pa
import pyarrow.compute as pc
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from shoplake_contracts.errors import BrokerUnavailable
from shoplake_lake_kit.box import Box

from shoplake_arrow_kit.event_sizes import EventSizes
from shoplake_arrow_kit.kafka_broker import Options, client_options
from shoplake_arrow_kit.records import records
from shoplake_arrow_kit.remainder import Partition, Remainder

PIECE_EVENTS = 5_000
# How long one call waits for its piece to fill; a piece that is not full is handed over all the same.
_PIECE_SECONDS = 0.1
PATIENCE_SECONDS = 30.0
_READING: Mapping[str, object] = {
    # A position is never taken from the broker, nor left there.
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "isolation.level": "read_committed",
    # Offsets that are gone are an error, not a reason to go on elsewhere.
    "auto.offset.reset": "error",
    # Tells that a partition is at its end although its last offsets hold no event.
    "enable.partition.eof": True,
    "check.crcs": True,
    # Read ahead little: what lies behind the box is thrown away.
    "queued.max.messages.kbytes": 16 * 1024,
    "fetch.max.bytes": 8 * 1024 * 1024,
    "fetch.wait.max.ms": 100,
    "topic.metadata.refresh.interval.ms": 30_000,
}


class KafkaReader:
    """Reads boxes one after the other with one consumer, which is in no group's rebalances and commits nothing."""

    def __init__(
        self,
        options: Options,
        group_id: str,
        sizes: EventSizes,
        *,
        patience: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options = {**client_options(options), **_READING, "group.id": group_id}
        self._sizes = sizes
        self._patience = patience
        self._clock = clock
        self._consumer: Consumer | None = None

    def read_box(self, box: Box) -> Iterator[pa.Table]:
        """The events of a box, as tables of `RECORDS` of at most 5,000 rows.

        Raises:
            BrokerUnavailable: The broker has nothing to say for 30 s, or says that offsets are gone. The stage looks at
                the source again then, and names what is gone.
        """
        try:
            for piece in self._read(box):
                self._measure(piece)
                yield piece
        except KafkaException as error:
            self.close()
            raise _unavailable(error.args[0]) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the connection back; the next box opens another."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with suppress(KafkaException):
                consumer.close()

    def _read(self, box: Box) -> Iterator[pa.Table]:
        consumer, left = self._connected(), Remainder(box)
        epochs = {part.topic: part.epoch for part in box.ranges()}
        consumer.assign([TopicPartition(part.topic, part.partition, part.start) for part in box.ranges()])
        heard = self._clock()
        while left:
            got = consumer.consume(min(PIECE_EVENTS, left.offsets), _PIECE_SECONDS)
            if got:
                heard = self._clock()
            elif self._clock() - heard > self._patience:
                raise BrokerUnavailable(f"nothing came for {self._patience:.0f} s; still to read: {left}")
            piece = left.take(records([message for message in got if message.error() is None], epochs))
            # After the events: an end may be told before the events that came just before it.
            left.skip(_ends(message for message in got if message.error() is not None))
            done = left.reached()
            if done:
                consumer.incremental_unassign([TopicPartition(topic, partition) for topic, partition in done])
            if piece.num_rows:
                yield piece
        consumer.unassign()

    def _connected(self) -> Consumer:
        if self._consumer is None:
            self._consumer = Consumer(self._options)
        return self._consumer

    def _measure(self, piece: pa.Table) -> None:
        parts = [pc.fill_null(pc.binary_length(piece[name]), 0) for name in ("key", "value")]
        sized = pa.table({"topic": piece["topic"], "bytes": pc.add(*parts)})
        rows = sized.group_by("topic").aggregate([("bytes", "sum"), ("bytes", "count")]).to_pylist()
        counts, payload = ({row["topic"]: row[f"bytes_{it}"] for row in rows} for it in ("count", "sum"))
        self._sizes.seen(counts, payload)


def _unavailable(error: KafkaError, where: str = "") -> BrokerUnavailable:
    return BrokerUnavailable(f"Kafka: {where}{error.str()}")


def _ends(messages: Iterable[Message]) -> Iterator[tuple[Partition, int]]:
    """Where partitions say that they are at their end: the offset that comes next there.

    Raises:
        BrokerUnavailable: One of the messages is any other error.
    """
    for message in messages:
        topic, partition, error = str(message.topic()), int(message.partition() or 0), message.error()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
            raise _unavailable(error, f"{topic}/{partition}: " if message.topic() else "")
        yield (topic, partition), int(message.offset() or 0)
