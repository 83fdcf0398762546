"""Ends the stack of a home, whoever started it, and what a killed supervisor may have left."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.services import STOP_GRACE
from shoplake_cli.stack.state import leftovers, read, running

# Services and broker have their grace one after the other, and the supervisor a little time of its own.
WAIT = 2 * STOP_GRACE + 15
LOOK_EVERY = 0.1


def bring_down(home: Home, say: Callable[[str], None]) -> bool:
    """Stop the stack and wait until all of it is gone; False if nothing ran. Idempotent."""
    state = running(home)
    if state is None:
        return end_leftovers(home)
    supervisor = state.supervisor.alive()
    if supervisor is not None:
        say(f"stopping the stack under {home.root}")
        with suppress(ProcessLookupError):
            os.kill(supervisor.pid, signal.SIGTERM)
        if not _gone_within(WAIT, lambda: state.supervisor.alive() is None):
            say(f"the supervisor ({supervisor.pid}) did not end in time and is killed")
            supervisor.kill()
            _gone_within(WAIT, lambda: state.supervisor.alive() is None)
    end_leftovers(home)
    return True


def end_leftovers(home: Home) -> bool:
    """Kill what outlived its supervisor, with everything in its process group; False if there was nothing."""
    state = read(home)
    if state is None or state.supervisor.alive():
        return False
    left = list(leftovers(state))
    for process in left:
        # Each was made the leader of a group of its own.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    _gone_within(WAIT, lambda: not any(True for _ in leftovers(state)))
    home.state_file.unlink(missing_ok=True)
    return bool(left)


def _gone_within(seconds: float, gone: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not gone():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_EVERY)
    return True
