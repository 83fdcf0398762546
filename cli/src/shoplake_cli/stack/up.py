"""Starts a stack: checks that the machine can run it, then runs it here or in a process of its own."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from signal import Signals
from subprocess import Popen

from rich.console import Console
from shoplake_contracts.errors import StackRunning, StartFailed
from shoplake_service_kit import log

from shoplake_cli.jars import cache
from shoplake_cli.java import find_java
from shoplake_cli.stack.child import tethered
from shoplake_cli.stack.down import bring_down, end_leftovers
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.output import Output, printable
from shoplake_cli.stack.ports import Ports, require_free
from shoplake_cli.stack.stack import Stack, Wishes
from shoplake_cli.stack.state import Phase, StackState, read

LOOK_EVERY = 0.2


def run_here(home: Home, ports: Ports, wishes: Wishes, console: Console, *, quiet: bool) -> None:
    """Run the stack in this process until it is told to stop.

    Raises:
        StackRunning: one runs under this home already.
        PortInUse, JavaMissing, JarsInvalid: this machine cannot run it as it is.
        StartFailed: a part did not come up; everything was ended again.
    """
    home.make()
    with _only_one(home):
        end_leftovers(home)
        java, jars = find_java(), cache.require()
        require_free(ports)
        log.configure("shoplake", "WARNING", json=False)
        output = Output(home, console, quiet=quiet)
        output.say(f"starting under {home.root} with Java {java.version} ({java.origin})")
        try:
            Stack(home, ports, java, jars, wishes, output).run()
        finally:
            output.close()


def run_detached(
    home: Home, arguments: Sequence[str], say: Callable[[str], None], *, dies_with_parent: bool = False
) -> StackState:
    """Run `shoplake up` with these arguments in a process of its own; return when the stack is ready.

    Args:
        home: of the stack.
        arguments: for `shoplake up`, the home excepted.
        say: is told each line of progress.
        dies_with_parent: whether the stack is stopped when this process ends, however it ends (Linux).

    Raises:
        StackRunning: one runs under this home already.
        StartFailed: it did not come up; its own words were said.
    """
    home.make()
    require_not_running(home)
    argv = [sys.executable, "-m", "shoplake_cli.main", "up", "--quiet", "--home", str(home.root), *arguments]
    with home.log("supervisor").open("w") as sink:
        child = subprocess.Popen(
            tethered(argv, Signals.SIGTERM) if dies_with_parent else argv,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "500"},
        )
    try:
        return _wait_ready(home, child, say)
    except KeyboardInterrupt:
        bring_down(home, say)
        raise


def _wait_ready(home: Home, child: Popen[bytes], say: Callable[[str], None]) -> StackState:
    with home.log("supervisor").open(errors="backslashreplace") as lines:
        while True:
            code = child.poll()
            state = read(home)
            for line in lines:
                say(printable(line.rstrip("\n")))
            if code is not None:
                raise StartFailed(f"The stack did not come up (exit code {code}); logs are in {home.logs}.")
            if state and state.supervisor.pid == child.pid and state.phase is Phase.READY:
                return state
            time.sleep(LOOK_EVERY)


def require_not_running(home: Home) -> None:
    """Refuse early what the supervisor's lock would refuse anyway.

    Raises:
        StackRunning: a stack runs under this home.
    """
    with _only_one(home):
        return


@contextmanager
def _only_one(home: Home) -> Iterator[None]:
    with home.lock_file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StackRunning(f"A stack runs under {home.root} already.") from error
        yield
