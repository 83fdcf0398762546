"""Waits for something to become true while the processes are looked after: with a deadline, progress, and a way out."""

import time
from collections.abc import Callable, Iterable

from shoplake_contracts.errors import StartFailed

from shoplake_cli.stack.output import Output
from shoplake_cli.stack.supervisor import TICK, Supervisor

MOST_CRASHES = 3
SAY_EVERY = 10.0


class StopRequestedError(Exception):
    """Somebody asked the stack to stop while it was starting: no failure, only the end of the wait."""


class Gate:
    """Holds the start of a stack until each step has come true."""

    def __init__(
        self,
        supervisor: Supervisor,
        output: Output,
        stop_asked: Callable[[], bool],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._supervisor = supervisor
        self._output = output
        self._stop_asked = stop_asked
        self._clock = clock
        self._sleep = sleep

    def wait(self, what: str, came_true: Callable[[], bool], names: Iterable[str], seconds: float) -> None:
        """Wait until `came_true` says so.

        Args:
            what: what is waited for, to complete "waiting for …".
            came_true: asked a few times a second.
            names: the processes it depends on: one that crashes again and again ends the wait.
            seconds: the deadline.

        Raises:
            StartFailed: the deadline passed, or a process keeps crashing; carries the end of its log.
            StopRequestedError: the stack is to stop.
        """
        began = said = self._clock()
        waited_for = list(names)
        while not came_true():
            if self._stop_asked():
                raise StopRequestedError
            self._supervisor.tick()
            self._check_crashes(waited_for)
            now = self._clock()
            if now - began > seconds:
                raise StartFailed(self._with_logs(f"{what}: not after {seconds:g} s", waited_for))
            if now - said > SAY_EVERY:
                said = now
                self._output.say(f"waiting for {what} ({now - began:.0f} s)")
            self._sleep(TICK)

    def _check_crashes(self, names: Iterable[str]) -> None:
        for name in names:
            if self._supervisor.restarts(name) >= MOST_CRASHES:
                raise StartFailed(self._with_logs(f"{name} keeps crashing", [name]))

    def _with_logs(self, sentence: str, names: Iterable[str]) -> str:
        tails = [line for name in names for line in (f"--- {name}.log", *self._output.tail(name))]
        return "\n".join([sentence, *tails])
