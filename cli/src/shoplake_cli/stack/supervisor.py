"""Keeps the processes of a stack up: starts them, starts a crashed one again with back-off, ends all of them cleanly.

It is driven by its caller's loop (`tick`), has no thread of its own, and takes time from outside.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from shoplake_cli.stack.backoff import Backoff
from shoplake_cli.stack.child import Child, Command
from shoplake_cli.stack.output import Output

TICK = 0.2
DRAIN = 2.0

Spawn = Callable[[Command, Callable[[str, str], None]], Child]
OnChange = Callable[[str, int | None, int], None]
"""Told (name, pid or None when it has ended, restarts so far)."""


@dataclass
class _Slot:
    command: Command
    child: Child | None = None
    started: float = 0.0
    due: float | None = None
    restarts: int = 0
    backoff: Backoff = field(default_factory=Backoff)


class Supervisor:
    """The children of this process, by name."""

    def __init__(
        self,
        output: Output,
        on_change: OnChange,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        spawn: Spawn = Child,
    ) -> None:
        self._output = output
        self._on_change = on_change
        self._clock = clock
        self._sleep = sleep
        self._spawn = spawn
        self._slots: dict[str, _Slot] = {}

    def launch(self, command: Command) -> None:
        """Start a process and keep it up from now on."""
        self._slots[command.name] = slot = _Slot(command)
        self._start(slot)

    def restarts(self, name: str) -> int:
        """How often a process was started again, the start that is due included."""
        return self._slots[name].restarts

    def tick(self) -> None:
        """Look once: note what has ended, start what is due."""
        for name, slot in self._slots.items():
            code = slot.child.exit_code() if slot.child else None
            if slot.child and code is not None:
                self._crashed(name, slot, code)
            if slot.due is not None and slot.due <= self._clock():
                self._start(slot)

    def stop(self, names: Iterable[str], grace: float, hurry: Callable[[], bool] = lambda: False) -> None:
        """End processes: ask all of them, wait, kill what is left.

        Args:
            names: which; others are left alone.
            grace: seconds before the kill.
            hurry: asked while waiting; True ends the grace.
        """
        slots = [self._slots.pop(name) for name in list(names) if name in self._slots]
        alive = [slot for slot in slots if slot.child is not None]
        for slot in alive:
            if slot.child is not None:
                slot.child.terminate()
        deadline = self._clock() + grace
        while (alive := self._still_alive(alive)) and self._clock() < deadline and not hurry():
            self._sleep(TICK / 2)
        self._kill(alive)

    def names(self) -> Sequence[str]:
        """The processes that are kept up, in the order of their start."""
        return list(self._slots)

    def _start(self, slot: _Slot) -> None:
        slot.child = self._spawn(slot.command, self._output.child)
        slot.started = self._clock()
        slot.due = None
        self._on_change(slot.command.name, slot.child.pid, slot.restarts)

    def _crashed(self, name: str, slot: _Slot, code: int) -> None:
        now = self._clock()
        delay = slot.backoff.after_crash(now - slot.started)
        slot.child, slot.due, slot.restarts = None, now + delay, slot.restarts + 1
        self._output.say(f"{name} ended with {code}; it is started again in {delay:g} s")
        self._on_change(name, None, slot.restarts)

    def _still_alive(self, slots: Sequence[_Slot]) -> list[_Slot]:
        alive = []
        for slot in slots:
            if slot.child is not None and slot.child.exit_code() is None:
                alive.append(slot)
            else:
                self._ended(slot)
        return alive

    def _kill(self, slots: Sequence[_Slot]) -> None:
        for slot in slots:
            if slot.child is not None:
                self._output.say(f"{slot.command.name} did not end in time and is killed")
                slot.child.kill()
        while slots := self._still_alive(slots):
            self._sleep(TICK / 10)

    def _ended(self, slot: _Slot) -> None:
        if slot.child is not None:
            slot.child.drain(DRAIN)
            slot.child = None
            self._on_change(slot.command.name, None, slot.restarts)
