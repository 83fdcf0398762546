"""What one service hands to the kit, and what the kit holds for it while it runs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from fastapi import APIRouter, Request
from shoplake_contracts.errors import ShoplakeError
from shoplake_contracts.states import State

from .desired import DefaultState, DesiredState
from .metrics import Metrics, resident_bytes
from .progress import ProgressBus
from .retry import retry_delays
from .run_collection import RunCollection
from .run_history import RunHistory
from .runner import JobRunner
from .settings import ControlSettings, KafkaSettings
from .snapshot import Snapshot
from .state import StateStore
from .topics import ensure_topics

log = structlog.get_logger()
Hook = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Service:
    """One service, wired.

    Attributes:
        name: As in metrics, logs and on the internal topics, e.g. `bronze-ingest`.
        prefix: Of its routes, e.g. `/bronze`.
        version: Shown in OpenAPI.
        runner: Its job; None for a service without one, which then has no control routes.
        routers: Routes beyond the kit's.
        runs: Long work that it offers; its history is kept where there is Kafka.
        on_start: Awaited before the app serves: MUST return at once and leave waiting to a task of its own.
        on_stop: Awaited at the end, after the job is closed, in reverse order.
        ready: Checks beyond the kit's by name; answers at once.
        default_state: What to do when nothing was ever asked for.
        progress: The bus that the job announces on; the kit starts and stops it. One is made if absent.
        metrics: The registry that the job counts in. One is made if absent.
    """

    name: str
    prefix: str
    version: str
    runner: JobRunner[Any] | None = None
    routers: Sequence[APIRouter] = ()
    runs: Sequence[RunCollection[Any]] = ()
    on_start: Sequence[Hook] = ()
    on_stop: Sequence[Hook] = ()
    ready: Callable[[], Mapping[str, bool]] = field(default=dict)
    default_state: DefaultState = State.RUNNING
    progress: ProgressBus | None = None
    metrics: Metrics | None = None


class Plant:
    """The running parts behind one app: started and stopped by its lifespan, reached by its routes.

    Kafka is connected to in the background: a broker that is away delays the job, never the control API.
    """

    def __init__(self, service: Service, control: ControlSettings, kafka: KafkaSettings | None) -> None:
        self.service = service
        self.control = control
        self.metrics = service.metrics or Metrics(service.name)
        self.progress = service.progress or (ProgressBus(kafka, service.name) if kafka else None)
        self.changing = asyncio.Lock()
        self.clean = False
        self._kafka = kafka
        self._topics_known = kafka is None
        outbox = self.progress.outbox if self.progress else None
        store = StateStore(kafka, service.name, outbox) if kafka and outbox else None
        self._history = RunHistory(kafka, service.name, outbox, service.runs) if kafka and outbox else None
        self.desired = DesiredState(service.runner, store, service.default_state) if service.runner else None
        self._task: asyncio.Task[None] | None = None
        self._measure()

    def checks(self) -> dict[str, bool]:
        """What readiness rests on, by name."""
        runner = self.service.runner
        settled = runner is None or runner.state in (State.RUNNING, State.PAUSED, State.STOPPED)
        known = self.desired is None or self.desired.known
        return {"job": settled, "desired_state": known, "topics": self._topics_known, **self.service.ready()}

    async def start(self) -> None:
        """Start everything that starts at once, and the rest in the background."""
        for hook in self.service.on_start:
            await hook()
        if self._kafka is not None and self.progress is not None:
            await self.progress.start()
        self._task = asyncio.get_running_loop().create_task(self._attach())

    async def stop(self) -> None:
        """Close the job first (the step in hand is finished), then the rest."""
        if self.service.runner is not None:
            self.service.runner.stop()
            self.clean = await asyncio.to_thread(self.service.runner.join, self.control.stop_seconds)
        else:
            self.clean = True
        if not self.clean:
            log.error("stop_deadline_passed", seconds=self.control.stop_seconds)
        for hook in reversed(self.service.on_stop):
            await hook()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.progress is not None:
            await self.progress.stop()

    async def _attach(self) -> None:
        if self._kafka is not None and self._kafka.create_topics:
            await _until_done("topics", self._ensure_topics)
        self._topics_known = True
        async with asyncio.TaskGroup() as group:
            if self._history is not None and self.service.runs:
                group.create_task(_until_done("run_history", self._history.restore))
            if self.desired is not None:
                group.create_task(self._follow(self.desired))

    async def _follow(self, desired: DesiredState) -> None:
        await _until_done("desired_state", desired.restore)
        await desired.keep_saving()

    async def _ensure_topics(self) -> None:
        if self._kafka is not None:
            await ensure_topics(self._kafka)

    def _measure(self) -> None:
        name = self.service.name
        memory = self.metrics.gauge("shoplake_process_resident_memory_bytes")
        memory.labels(service=name).set_function(resident_bytes)
        if self.progress is not None:
            dropped = self.metrics.counter("shoplake_messages_dropped_total").labels(service=name)
            self.progress.outbox.on_drop = dropped.inc
        if self.service.runner is not None:
            self.service.runner.watch(self._show)
            self._show(self.service.runner.status())

    def _show(self, snapshot: Snapshot[Any]) -> None:
        gauge = self.metrics.gauge("shoplake_service_state")
        for state in State:
            gauge.labels(service=self.service.name, state=state).set(state is snapshot.state)


async def _until_done(what: str, attempt: Hook) -> None:
    """Try until it works: nothing that a broker does at start-up may end the service."""
    delays = retry_delays(0.5, 10.0)
    while True:
        try:
            await attempt()
        except ShoplakeError as error:
            log.warning("waiting_for", what=what, code=error.code, reason=error.message)
        except Exception:
            log.exception("waiting_for", what=what)
        else:
            return
        await asyncio.sleep(next(delays))


def plant(request: Request) -> Plant:
    """The plant behind the app that serves this request; usable as a dependency."""
    found: Plant = request.app.state.plant
    return found
