"""One process of the stack: started in a group of its own, tied to the supervisor, ended whole."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

TETHER = Path(__file__).with_name("tether.py")
WriteLine = Callable[[str, str], None]


@dataclass(frozen=True)
class Command:
    """What to run; `death_signal` is sent to it should the supervisor die without a chance to stop it."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    death_signal: signal.Signals = signal.SIGKILL


def tethered(argv: Sequence[str], death_signal: signal.Signals) -> list[str]:
    """The command line that ties a command to this process."""
    return [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), str(int(death_signal)), *argv]


class Child:
    """A running process with its output.

    MUST be made in a thread that lives as long as the supervisor: the kernel ties the child to that thread.
    """

    def __init__(self, command: Command, write_line: WriteLine) -> None:
        self.name = command.name
        self._process = subprocess.Popen(
            tethered(command.argv, command.death_signal),
            env=dict(command.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
            errors="backslashreplace",
        )
        self.pid = self._process.pid
        stdout = self._process.stdout
        arguments = (stdout, write_line)
        self._reader = threading.Thread(target=self._read, args=arguments, name=f"log-{self.name}", daemon=True)
        self._reader.start()
        self._ended = False

    def exit_code(self) -> int | None:
        """None while it runs. When it has ended, whatever it left in its group (a JVM) is ended as well."""
        code = self._process.poll()
        if code is not None and not self._ended:
            self._ended = True
            self._kill_group()
        return code

    def terminate(self) -> None:
        """Ask it to finish. Only the process itself: a JVM below it has to live until the step in hand is done."""
        self._process.terminate()

    def kill(self) -> None:
        """End the whole group now."""
        if not self._ended:
            self._kill_group()

    def drain(self, seconds: float) -> None:
        """Wait for the last lines of output."""
        self._reader.join(seconds)

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def _read(self, lines: IO[str], write_line: WriteLine) -> None:
        with lines:
            for line in lines:
                write_line(self.name, line.rstrip("\n"))
