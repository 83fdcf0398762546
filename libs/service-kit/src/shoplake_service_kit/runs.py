"""Long work as a resource: asked for over HTTP, done by a worker, watched and cancelled while it goes on.

The register lives in memory, and whoever wants to keep it is told of every change (`run_history`). A run writes only
what can be done again without harm, so a process that dies in one loses its answer, never data.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import uuid4

import structlog
from pydantic import BaseModel
from shoplake_contracts.errors import NotFound, RunInProgress, RunInterrupted

from .snapshot import Fault, now

R = TypeVar("R", bound=BaseModel)
HISTORY = 50
"""Ended runs that are remembered."""
log = structlog.get_logger()


class RunState(StrEnum):
    """Where a run is; the last three are final."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


OPEN = (RunState.WAITING, RunState.RUNNING)


class RunCancelledError(Exception):
    """Raised by `Run.show` inside the work once somebody has cancelled the run."""


@dataclass
class Run(Generic[R]):
    """One piece of long work.

    Attributes:
        id: Its name in URLs.
        request: What was asked for.
        progress: Figures of the work so far, ready for JSON.
        result: What came out of it, ready for JSON; None until it has SUCCEEDED.
        error: Why it FAILED.
    """

    request: R
    id: str = field(default_factory=lambda: uuid4().hex)
    state: RunState = RunState.WAITING
    created_at: datetime = field(default_factory=now)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    progress: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] | None = None
    error: Fault | None = None
    cancelled: bool = False

    def show(self, **figures: Any) -> None:
        """Tell how far the work is; the place where a cancelled run ends, so call it where stopping is safe.

        Raises:
            RunCancelledError: somebody has cancelled the run.
        """
        self.progress = {**self.progress, **figures}
        if self.cancelled:
            raise RunCancelledError(self.id)


class Runs(Generic[R]):
    """The runs of one kind, one at a time; every method may be called from any thread and returns at once.

    Args:
        collection: Path of the collection, such as `/silver/replays`.
        wake: Told that there is something to do; must not block.

    Attributes:
        keep: Told of every run that was put in line or has ended; must not block.
    """

    def __init__(self, collection: str, wake: Callable[[], None] = lambda: None) -> None:
        self.collection = collection
        self.wake = wake
        self.keep: Callable[[Run[R]], None] = lambda _: None
        self._runs: dict[str, Run[R]] = {}
        self._lock = threading.Lock()

    def submit(self, request: R) -> Run[R]:
        """Put a run in line.

        Raises:
            RunInProgress: another one waits or runs; names it.
        """
        with self._lock:
            busy = next((run for run in self._runs.values() if run.state in OPEN), None)
            if busy is not None:
                raise RunInProgress(f"Run {busy.id} is {busy.state}.", location=self.location(busy))
            run = Run(request)
            self._runs[run.id] = run
            self._forget()
        self.keep(run)
        self.wake()
        return run

    def restore(self, earlier: Sequence[Run[R]]) -> None:
        """Remember runs of an earlier process, oldest first, beside its own; one that had not ended then never will."""
        with self._lock:
            others = [run for run in earlier if run.id not in self._runs]
            interrupted = [run for run in others if run.state in OPEN]
            for run in interrupted:
                run.error = Fault.of(RunInterrupted(f"The process ended while run {run.id} was {run.state}."))
                self._end(run, RunState.FAILED)
            self._runs = {**{run.id: run for run in others}, **self._runs}
            self._forget()
        for run in interrupted:
            self.keep(run)

    def get(self, run_id: str) -> Run[R]:
        """The run with this id.

        Raises:
            NotFound: there is none, or it is older than what is remembered.
        """
        with self._lock:
            if run_id not in self._runs:
                raise NotFound(f"There is no run {run_id} under {self.collection}.")
            return self._runs[run_id]

    def all(self) -> list[Run[R]]:
        """Every remembered run, newest first."""
        with self._lock:
            return list(self._runs.values())[::-1]

    def cancel(self, run_id: str) -> Run[R]:
        """Ask a run to end at the next place where it can; one that has ended stays as it is."""
        run = self.get(run_id)
        with self._lock:
            was_waiting = run.state is RunState.WAITING
            if was_waiting:
                self._end(run, RunState.CANCELLED)
            run.cancelled = run.cancelled or run.state is RunState.RUNNING
        if was_waiting:
            self.keep(run)
        return run

    def location(self, run: Run[R]) -> str:
        """The path of a run."""
        return f"{self.collection}/{run.id}"

    def waiting(self) -> bool:
        """Whether a run is in line."""
        with self._lock:
            return any(run.state is RunState.WAITING for run in self._runs.values())

    def work(self, do: Callable[[Run[R]], dict[str, Any]]) -> bool:
        """Do the waiting run, if there is one, in the caller's thread; nothing that it raises gets out.

        Args:
            do: The work; returns the result, ready for JSON.

        Returns:
            Whether there was one.
        """
        with self._lock:
            run = next((run for run in self._runs.values() if run.state is RunState.WAITING), None)
            if run is None:
                return False
            run.state, run.started_at = RunState.RUNNING, now()
        try:
            result = do(run)
        except RunCancelledError:
            self._settle(run, RunState.CANCELLED)
        except Exception as error:  # the run is the caller: that is where it shows
            log.exception("run_failed", run=run.id, collection=self.collection)
            self._settle(run, RunState.FAILED, error=Fault.of(error))
        else:
            self._settle(run, RunState.SUCCEEDED, result=result)
        return True

    def _settle(
        self, run: Run[R], state: RunState, *, result: dict[str, Any] | None = None, error: Fault | None = None
    ) -> None:
        with self._lock:
            run.result, run.error = result, error
            self._end(run, state)
        self.keep(run)

    def _end(self, run: Run[R], state: RunState) -> None:
        run.state, run.ended_at = state, now()

    def _forget(self) -> None:
        ended = [run.id for run in self._runs.values() if run.state not in OPEN]
        for run_id in ended[:-HISTORY]:
            del self._runs[run_id]
