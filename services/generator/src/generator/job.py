"""The generator's job: make what is due, publish it, know what was confirmed, stop when the asked-for number is."""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from shoplake_service_kit.event_publisher import Delivered, Message, Unacknowledged

from . import manifest
from .behaviour.chance import Chance
from .behaviour.events import Millis, rfc3339, uuid7
from .book import RunBook
from .metrics import Meter
from .publisher import Publisher
from .run import STEP_EVENTS, Run
from .sampling import Samples
from .settings import GeneratorConfig

log = structlog.get_logger()
ID_OF_RUN = 2
RATE_OVER = 5.0
"""The rate in the status is that of the last so many seconds."""


class GeneratorJob:
    """Implements service-kit's `Job`.

    Args:
        publisher: The way to Kafka.
        finished: Called once when the asked-for number of events is confirmed; it stops the service.
        meter: Told what was confirmed.
        clock: Seconds since 1970.

    Attributes:
        book: The runs since the process began.
    """

    def __init__(
        self,
        publisher: Publisher,
        finished: Callable[[], None],
        meter: Meter,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._publisher = publisher
        self._finished = finished
        self._meter = meter
        self._clock = clock
        self.book = RunBook()
        self._run: Run | None = None
        self._manifest: list[Message] = []
        self._samples = Samples()
        self._confirmed: Counter[str] = Counter()
        self._pace: list[tuple[float, int]] = []
        self._figures: dict[str, Any] = {}

    def open(self, config: GeneratorConfig) -> None:
        """Invent the shop, connect, and write the beginning of the run into the manifest.

        Raises:
            BrokerUnavailable: Kafka is away.
        """
        self._publisher.open()
        now = self._clock()
        seed = secrets.randbits(32) if config.seed is None else config.seed
        run_id = uuid7(Millis(int(now * 1000)), next(Chance(seed, ID_OF_RUN).tails))
        self._publisher.publish([manifest.started(run_id, self._now(), seed, config)])
        self._confirmed = Counter()
        self._pace = []
        self._manifest = []
        self._samples = Samples()
        self._run = run = Run(run_id, seed, config, self._clock)
        self.book.begun(run_id, seed, config, self._now())
        self._show(run)
        log.info("run_started", run_id=run_id, seed=seed)

    def step(self) -> bool:
        """Publish what is due; returns when all of it is confirmed.

        Raises:
            Unacknowledged: what is not confirmed stays pending and goes first in the next step.
        """
        run = self._run
        if run is None:
            raise RuntimeError("step before open")
        if not run.pending:
            run.make_due(self._clock())
        full = len(run.pending) >= STEP_EVENTS
        self._send(run)
        if not run.complete:
            return full
        self._end(run)
        self._finished()
        return False

    def close(self) -> None:
        """Send what is pending or was held back, write the end of the run into the manifest, disconnect.

        The figures stay.
        """
        run = self._run
        try:
            if run is not None:
                run.make_rest()
                self._send(run)
                self._end(run)
        except Unacknowledged as error:
            log.warning("run_end_not_in_manifest", reason=error.message)
            if run is not None:
                self.book.ended(run.run_id, self._now(), self._figures, error.message)
        finally:
            self._run = None
            self._publisher.close()

    def details(self) -> dict[str, Any]:
        """Figures of this run, or of the last one."""
        return self._figures

    def _send(self, run: Run) -> None:
        """Publish what is pending; what is not confirmed stays pending."""
        messages = run.pending
        delivered, failure = self._attempt(messages)
        run.pending = failure.messages if failure else []
        run.resent += len(run.pending)
        for batch in delivered:
            self._confirmed[batch.topic] += len(batch.messages)
        self._manifest += manifest.planted(run.run_id, self._now(), run.confirmed(delivered))
        self._meter.confirmed(delivered)
        self._meter.failed(run.pending)
        self._samples.take(messages, run.produced, self._clock())
        self._show(run)
        if failure:
            raise failure
        self._tell()

    def _attempt(self, messages: list[Message]) -> tuple[Sequence[Delivered], Unacknowledged | None]:
        try:
            return (self._publisher.publish(messages) if messages else []), None
        except Unacknowledged as error:
            return error.delivered, error

    def _tell(self) -> None:
        """Publish what the manifest is owed; it stays owed until it is confirmed."""
        if self._manifest:
            try:
                self._publisher.publish(self._manifest)
            except Unacknowledged as error:
                self._manifest = error.messages
                raise
            self._manifest = []

    def _end(self, run: Run) -> None:
        figures = run.figures(self._confirmed)
        self._publisher.publish([manifest.ended(run.run_id, self._now(), figures, run.truth.expected())])
        self._run = None
        self.book.ended(run.run_id, self._now(), self._figures, None)
        log.info("run_ended", run_id=run.run_id, acknowledged=figures["acknowledged"], done=figures["done"])

    def _show(self, run: Run) -> None:
        figures = run.figures(self._confirmed)
        rate = self._rate(figures["acknowledged"])
        self._figures = figures | {"target_rate": run.config.rate or None, "rate": rate, **self._samples.figures()}
        self._meter.show(self._figures)

    def _rate(self, acknowledged: int) -> float:
        now = self._clock()
        self._pace.append((now, acknowledged))
        while len(self._pace) > 1 and self._pace[1][0] <= now - RATE_OVER:
            self._pace.pop(0)
        since, base = self._pace[0]
        return round((acknowledged - base) / (now - since), 1) if now > since else 0.0

    def _now(self) -> str:
        return rfc3339(Millis(int(self._clock() * 1000)))
