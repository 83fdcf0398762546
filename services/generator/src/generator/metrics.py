"""The generator's figures as metrics."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from shoplake_service_kit.event_publisher import Delivered, Message
from shoplake_service_kit.metrics import Metrics

EVENT_TYPE = 0
"""Place of the header `event_type`; see `encoding`."""


class Meter:
    """Counts what the broker confirmed and what it did not."""

    def __init__(self, metrics: Metrics) -> None:
        self._produced = metrics.counter("shoplake_events_produced_total")
        self._types = metrics.counter("shoplake_generator_events_total")
        self._failed = metrics.counter("shoplake_send_failures_total")
        self._defects = metrics.counter("shoplake_generator_defects_total")
        self._target = metrics.gauge("shoplake_generator_target_events_per_second")
        self._rate = metrics.gauge("shoplake_generator_events_per_second")
        self._planted: Counter[str] = Counter()

    def confirmed(self, batches: Sequence[Delivered]) -> None:
        """These events are in Kafka."""
        types: Counter[bytes] = Counter()
        for batch in batches:
            self._produced.labels(topic=batch.topic).inc(len(batch.messages))
            types.update([message.headers[EVENT_TYPE][1] for message in batch.messages])
        for event_type, number in types.items():
            self._types.labels(event_type=event_type.decode()).inc(number)

    def failed(self, messages: Sequence[Message]) -> None:
        """These were not confirmed in time and will be sent again."""
        for topic, number in Counter(message.topic for message in messages).items():
            self._failed.labels(topic=topic).inc(number)

    def show(self, figures: dict[str, Any]) -> None:
        """The figures of the run as the status has them."""
        self._target.set(figures["target_rate"] or 0)
        self._rate.set(figures["rate"])
        planted = Counter(figures["planted"])
        for defect, number in (planted - self._planted).items():
            self._defects.labels(defect=defect).inc(number)
        self._planted = planted
