"""The control state machine: which wish is granted in which state, and what is announced when it takes effect.

It has two sides. Callers say what they want and get an answer at once; the one worker asks between two steps what to do
next. Nothing here knows the job, HTTP or Kafka.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Generic

import structlog
from shoplake_contracts.errors import ChangeInProgress, ConfigDiffers, NotRunning
from shoplake_contracts.states import State

from .job import C
from .snapshot import Fault, Snapshot, now

log = structlog.get_logger()
ENDED = (State.STOPPED, State.FAILED)
Watcher = Callable[[Snapshot[C]], None]


class Machine(ABC, Generic[C]):
    """STOPPED → STARTING → RUNNING ⇄ PAUSED → STOPPING → STOPPED, or FAILED with the reason."""

    def __init__(self, config: C, on_change: Watcher[C] | None) -> None:
        self._now = Snapshot(State.STOPPED, config, now())
        self._changed = threading.Condition(threading.RLock())
        self._watchers: list[Watcher[C]] = [on_change] if on_change else []
        self._stop = True
        self._pause = self._again = self._woken = False

    @property
    def state(self) -> State:
        """The present state."""
        return self._now.state

    @property
    def config(self) -> C:
        """The config of this run, or of the next one."""
        return self._now.config

    @property
    def intent(self) -> State:
        """What was asked for last, reached or not: RUNNING, PAUSED or STOPPED."""
        with self._changed:
            if self._stop and not self._again:
                return State.STOPPED
            return State.PAUSED if self._pause else State.RUNNING

    def status(self) -> Snapshot[C]:
        """The present state, whole."""
        return self._now

    def start(self, config: C | None = None) -> Snapshot[C]:
        """Make it run; without a config, with the present one. Ends a pause. A no-op while it runs.

        Raises:
            ConfigDiffers: it runs with another config.
            ChangeInProgress: it is stopping.
        """
        with self._changed:
            if self.state in ENDED:
                self._launch(config or self.config, pause=False)
            elif self.state is State.STOPPING:
                raise ChangeInProgress(f"The service is {self.state}.")
            elif config is not None and config != self.config:
                raise ConfigDiffers(f"The service is {self.state} with another config.")
            else:
                self._ask(pause=False)
        return self.status()

    def stop(self) -> Snapshot[C]:
        """Finish the step in hand, close the job, be STOPPED; clears a failure. Idempotent."""
        with self._changed:
            self._ask(stop=True, again=False)
            if self.state is State.FAILED:
                self._become(State.STOPPED)
            elif self.state is not State.STOPPED:
                self._become(State.STOPPING, self._now.error)
        return self.status()

    def pause(self) -> Snapshot[C]:
        """Finish the step in hand, then wait with the job open.

        Raises:
            NotRunning: there is nothing to pause.
        """
        return self._while_up(pause=True)

    def resume(self) -> Snapshot[C]:
        """End a pause.

        Raises:
            NotRunning: there is nothing to resume.
        """
        return self._while_up(pause=False)

    def restart(self, config: C | None = None) -> Snapshot[C]:
        """Stop, then start; without a config, with the present one.

        Raises:
            ChangeInProgress: it is stopping.
        """
        with self._changed:
            self._reopen(config or self.config, pause=False)
        return self.status()

    def put_config(self, config: C) -> Snapshot[C]:
        """Take another config: at once by closing and opening the job if it is up, else for the next start.

        Raises:
            ChangeInProgress: it is stopping.
        """
        with self._changed:
            if self.state in ENDED:
                self._now = replace(self._now, config=config)
            elif config != self.config:
                self._reopen(config, pause=self._pause)
        return self.status()

    def wake(self) -> None:
        """End an idle wait: there may be something to do. Remembered if a step is in hand."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def watch(self, watcher: Watcher[C]) -> None:
        """Tell `watcher` every transition from now on, in order, under the machine's lock: it MUST NOT block."""
        with self._changed:
            self._watchers.append(watcher)

    def wait_for(self, *states: State, timeout: float) -> bool:
        """Block until one of `states` is reached; False if `timeout` seconds passed first."""
        with self._changed:
            return self._changed.wait_for(lambda: self.state in states, timeout)

    @abstractmethod
    def _spawn(self) -> None:
        """Start the worker; called once per launch."""

    def _while_up(self, *, pause: bool) -> Snapshot[C]:
        with self._changed:
            if self.state is State.STOPPING or self.state in ENDED:
                raise NotRunning(f"The service is {self.state}.")
            self._ask(pause=pause)
        return self.status()

    def _reopen(self, config: C, *, pause: bool) -> None:
        if self.state in ENDED:
            self._launch(config, pause=pause)
            return
        if self.state is State.STOPPING:
            raise ChangeInProgress(f"The service is {self.state}.")
        self._now = replace(self._now, config=config)
        self._ask(stop=True, again=True, pause=pause)
        self._become(State.STOPPING)

    def _launch(self, config: C, *, pause: bool) -> None:
        self._now = replace(self._now, config=config)
        self._ask(stop=False, again=False, pause=pause)
        self._become(State.STARTING)
        self._spawn()

    def _ask(self, *, stop: bool | None = None, again: bool | None = None, pause: bool | None = None) -> None:
        self._stop = self._stop if stop is None else stop
        self._again = self._again if again is None else again
        self._pause = self._pause if pause is None else pause
        self._changed.notify_all()

    def _become(self, state: State, fault: Fault | None = None) -> None:
        if state is self.state:
            self._now = replace(self._now, error=fault)
            return
        self._now = Snapshot(state, self.config, now(), fault)
        log.info("state", state=state, **({"code": fault.code, "reason": fault.message} if fault else {}))
        for watcher in self._watchers:
            try:
                watcher(self._now)
            except Exception:
                log.exception("watcher_failed")
        self._changed.notify_all()

    # The worker's side: what to do next.

    def _may_step(self) -> bool:
        """Wait out a pause; False when it is time to stop."""
        with self._changed:
            if self._pause and not self._stop:
                self._become(State.PAUSED, self._now.error)
                self._changed.wait_for(lambda: self._stop or not self._pause)
            if self._stop:
                return False
            self._become(State.RUNNING, self._now.error)
            self._woken = False
            return True

    def _stepped(self, *, idle_seconds: float) -> None:
        """A step went well; wait for more to do."""
        with self._changed:
            self._now = replace(self._now, error=None)
            self._changed.wait_for(lambda: self._stop or self._pause or self._woken, idle_seconds)

    def _back_off(self, fault: Fault, seconds: float, *, opened: bool) -> None:
        """Show the fault and wait; an open job may be paused meanwhile."""
        log.warning("retrying", code=fault.code, reason=fault.message, seconds=seconds)
        with self._changed:
            self._now = replace(self._now, error=fault)
            self._changed.wait_for(lambda: self._stop or (opened and self._pause), seconds)

    def _ended(self, fault: Fault | None) -> bool:
        """The job is closed: settle, or go once more when a restart was asked for."""
        with self._changed:
            again = self._again
            if again:
                self._ask(stop=False, again=False)
                self._become(State.STARTING)
            else:
                self._become(State.FAILED if fault else State.STOPPED, fault)
            return again
