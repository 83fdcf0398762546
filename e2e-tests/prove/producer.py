"""Sends a plan to the broker in a thread of its own, at a rate that may change on the way, through broker restarts."""

import threading
import time
from datetime import date
from functools import partial

from confluent_kafka import KafkaError, Message, Producer

from prove.ack_log import AckLog
from prove.plan import Plan

TICK = 0.05
# A broker that was killed is back within seconds; a producer that gives up would leave events nobody can judge.
PATIENCE_MS = 900_000


class LoadFailedError(Exception):
    """A send was refused or never acknowledged: the truth is not known, so there is nothing to prove."""


class Load:
    """The running load."""

    def __init__(self, plan: Plan, bootstrap: str, rate: float) -> None:
        self.log = AckLog(plan)
        self.rate = rate
        self.until = plan.events
        """So many events are sent, and no more until it is raised."""
        self.acknowledged = 0
        self.newest: tuple[str, int, int] | None = None
        self._plan = plan
        self._failed: list[str] = []
        self._stop = threading.Event()
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "acks": "all",
                # One batch in flight: the broker can tell the offset of a batch that is sent again.
                "max.in.flight.requests.per.connection": 1,
                "linger.ms": 20,
                "message.max.bytes": 2_097_152,
                "delivery.timeout.ms": PATIENCE_MS,
                "queue.buffering.max.messages": 20_000,
                "reconnect.backoff.max.ms": 1_000,
                "log_level": 0,
            }
        )
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Give up; for an end before the end."""
        self._stop.set()
        self._thread.join(5)

    @property
    def left(self) -> int:
        """Events not yet acknowledged, of those that may be sent by now."""
        return min(self.until, self._plan.events) - self.acknowledged

    @property
    def day(self) -> date:
        """The day that the load's clock has come to."""
        return self._plan.clock(self.acknowledged).date()

    def check(self) -> None:
        """Say what went wrong, if anything did.

        Raises:
            LoadFailedError: a send failed, or the load ended with events unacknowledged.
        """
        if self._failed:
            raise LoadFailedError(f"{len(self._failed)} sends failed, the first with: {self._failed[0]}")
        left = self._plan.events - self.acknowledged
        if not self._thread.is_alive() and left:
            raise LoadFailedError(f"{left} events were not acknowledged")

    def _run(self) -> None:
        records, number, due, then = self._plan.records(), 0, 0.0, time.monotonic()
        while number < self._plan.events and not self._stop.is_set() and not self._failed:
            now = time.monotonic()
            # What a stall left behind is not made up for in one burst.
            due, then = min(due + self.rate * (now - then), max(self.rate * 1.0, 1.0)), now
            while due >= 1 and number < min(self.until, self._plan.events):
                record = next(records)
                self.log.sent(number, record)
                self._produce(number, record.topic, record.payload, record.key, record.headers)
                number, due = number + 1, due - 1
            self._producer.poll(TICK)
        while not self._stop.is_set() and not self._failed and self._producer.flush(0.5):
            pass

    def _produce(
        self, number: int, topic: str, payload: bytes | None, key: bytes, headers: list[tuple[str, str | bytes | None]]
    ) -> None:
        while not self._stop.is_set():
            try:
                self._producer.produce(
                    topic, payload, key, headers=headers, on_delivery=partial(self._delivered, number)
                )
            except BufferError:
                self._producer.poll(TICK)
            else:
                self._producer.poll(0)
                return

    def _delivered(self, number: int, error: KafkaError | None, message: Message) -> None:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        if error is not None or topic is None or partition is None or offset is None or offset < 0:
            self._failed.append(f"send {number} to {topic}: {error or 'acknowledged without an offset'}")
            return
        self.log.acknowledged(number, partition, offset)
        self.newest = topic, partition, offset
        self.acknowledged += 1
