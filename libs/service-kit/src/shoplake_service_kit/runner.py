"""The worker behind the control state machine: one thread that opens, steps and closes a job as it is told."""

import threading
from dataclasses import replace
from typing import Any

import structlog
from shoplake_contracts.errors import Fatal, ShoplakeError, Transient
from shoplake_contracts.states import State

from .job import C, Job
from .machine import Machine, Watcher
from .retry import retry_delays
from .snapshot import Fault, Snapshot

__all__ = ["JobRunner", "Watcher"]

UNFORESEEN = 4
"""How often in a row a step may fail with an error that nobody foresaw before the service is FAILED."""
log = structlog.get_logger()


class JobRunner(Machine[C]):
    """Runs one job in one worker thread; every method may be called from any thread and returns at once.

    Args:
        job: The work; see `Job` for what is asked of it.
        config_type: Model of the run-time config; it must refuse unknown fields (`job.Config` is a base that does).
        default_config: Config until another is given; `config_type()` if absent.
        idle_seconds: How long to wait after a step that did nothing.
        on_change: Told every transition, in order, under the runner's lock: it MUST NOT block.
        retry_seconds: First and longest delay after a `Transient`.

    What a step raises decides what comes next. `Transient`: the same step again, for as long as it takes. `Refusal`:
    FAILED, until a person has looked. `Fatal`: FAILED, and `fatal` tells whoever serves to end the process, so that a
    new one is started. An error that nobody foresaw is tried again a few times (a publish is atomic: trying loses
    nothing), then it is FAILED.
    """

    def __init__(
        self,
        job: Job[C],
        config_type: type[C],
        default_config: C | None = None,
        idle_seconds: float = 1.0,
        on_change: Watcher[C] | None = None,
        *,
        retry_seconds: tuple[float, float] = (1.0, 30.0),
    ) -> None:
        if config_type.model_config.get("extra") != "forbid":
            raise TypeError(f'{config_type.__name__} accepts unknown fields; give it extra="forbid"')
        super().__init__(default_config if default_config is not None else config_type(), on_change)
        self.job = job
        self.config_type = config_type
        self.idle_seconds = idle_seconds
        self.retry_seconds = retry_seconds
        self.fatal = threading.Event()
        self._thread: threading.Thread | None = None

    def status(self) -> Snapshot[C]:
        """The present state with the job's own figures."""
        return replace(super().status(), details=self._details())

    def join(self, timeout: float) -> bool:
        """Block until the worker has ended; False if `timeout` seconds passed first."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def _spawn(self) -> None:
        # A daemon, so that a step that never returns cannot keep the process alive past its stop deadline: publishing
        # is atomic, so an abandoned step is the same as a crash, which every stage survives.
        self._thread = threading.Thread(target=self._work, name="job", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while self._ended(self._session()):
            pass

    def _session(self) -> Fault | None:
        """One open … close; returns what made it fail."""
        fault = None
        try:
            self._open()
            self._loop()
        except BaseException as error:  # a thread has no caller: the status is where it shows
            log.exception("job_failed")
            fault = Fault.of(error)
            if isinstance(error, Fatal):
                self.fatal.set()
        with self._changed:
            self._become(State.STOPPING, fault)
        self._close()
        return fault

    def _open(self) -> None:
        delays = retry_delays(*self.retry_seconds)
        while not self._stop:
            try:
                self.job.open(self.config)
            except Transient as error:
                self._close()
                self._back_off(Fault.of(error), next(delays), opened=False)
            else:
                return

    def _loop(self) -> None:
        delays, unforeseen = retry_delays(*self.retry_seconds), 0
        while self._may_step():
            try:
                busy = self.job.step()
            except Transient as error:
                self._back_off(Fault.of(error), next(delays), opened=True)
            except ShoplakeError:
                raise
            except Exception as error:
                unforeseen += 1
                if unforeseen > UNFORESEEN:
                    raise
                log.exception("step_failed", tries_left=UNFORESEEN - unforeseen)
                self._back_off(Fault.of(error), next(delays), opened=True)
            else:
                delays, unforeseen = retry_delays(*self.retry_seconds), 0
                self._stepped(idle_seconds=0 if busy else self.idle_seconds)

    def _close(self) -> None:
        try:
            self.job.close()
        except BaseException:  # what could not be closed must not hide why it was closed
            log.exception("close_failed")

    def _details(self) -> dict[str, Any]:
        try:
            return self.job.details()
        except Exception:  # a status without figures is worth more than none
            log.exception("details_failed")
            return {}
