"""What is running, in a file: how `status`, `down` and every other command find the stack of a home."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
from shoplake_contracts.errors import StackNotRunning

from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.ports import Ports


class Phase(StrEnum):
    """Where the stack as a whole is."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


@dataclass(frozen=True)
class Process:
    """A process by id and start time: an id alone may belong to another one by now."""

    pid: int
    created: float
    restarts: int = 0

    @classmethod
    def of(cls, pid: int, restarts: int = 0) -> "Process | None":
        """The process with this id, if there is one."""
        try:
            return cls(pid, psutil.Process(pid).create_time(), restarts)
        except psutil.Error:
            return None

    def alive(self) -> psutil.Process | None:
        """The process, if it is still that one and has not ended."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.created) < 1 and found.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return None
        return found if same else None


@dataclass(frozen=True)
class StackState:
    """The content of `run/stack.json`."""

    supervisor: Process
    ports: Ports
    phase: Phase = Phase.STARTING
    processes: dict[str, Process] = field(default_factory=dict)

    def with_process(self, name: str, process: Process | None) -> "StackState":
        """A copy in which a process was started, or has ended."""
        others = {key: value for key, value in self.processes.items() if key != name}
        return replace(self, processes=others | ({name: process} if process else {}))

    def in_phase(self, phase: Phase) -> "StackState":
        """A copy in another phase."""
        return replace(self, phase=phase)

    def write(self, home: Home) -> None:
        """Replace the file in one step: a reader sees the old state or the new one."""
        home.run.mkdir(parents=True, exist_ok=True)
        draft = home.state_file.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(asdict(self), indent=1))
        draft.replace(home.state_file)


def read(home: Home) -> StackState | None:
    """The state as it was last written, whether the stack still lives or not; None if there is none."""
    with suppress(FileNotFoundError):
        found = json.loads(home.state_file.read_text())
        processes = {name: Process(**process) for name, process in found["processes"].items()}
        return StackState(Process(**found["supervisor"]), Ports(**found["ports"]), Phase(found["phase"]), processes)
    return None


def running(home: Home) -> StackState | None:
    """The state of a stack whose supervisor lives."""
    state = read(home)
    return state if state and state.supervisor.alive() else None


def require_running(home: Home) -> StackState:
    """The state of the running stack.

    Raises:
        StackNotRunning: there is none under this home.
    """
    state = running(home)
    if state is None:
        raise StackNotRunning(f"No stack runs under {home.root}.")
    return state


def leftovers(state: StackState) -> Iterator[psutil.Process]:
    """Processes of a stack that outlived their supervisor."""
    for process in state.processes.values():
        if found := process.alive():
            yield found
