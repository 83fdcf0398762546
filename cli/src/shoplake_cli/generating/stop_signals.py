"""Ctrl-C as a wish instead of an exception: the run is stopped and summed up, whatever was being done just then."""

import os
import select
import signal
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)
TWIN_SECONDS = 0.3
"""A signal so soon after another is the same one: timeout, for one, sends it to the process and to its group."""


class StopSignals:
    """SIGINT and SIGTERM inside a `with`, in the main thread: the first one is a wish, the next a KeyboardInterrupt.

    Args:
        clock: Seconds, monotonic.

    Attributes:
        asked: Whether the first one has come.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = 0.0
        self.asked = False

    def __enter__(self) -> Self:
        # A pipe, because it may be written to at any moment: an Event has a lock that the wait may hold just then.
        self._read, self._write = os.pipe()
        self._before = [(number, signal.signal(number, self._received)) for number in SIGNALS]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self._before:
            signal.signal(number, handler)
        os.close(self._read)
        os.close(self._write)

    def wait(self, seconds: float) -> None:
        """Wait, at most until the first signal comes."""
        if select.select([self._read], [], [], seconds)[0]:
            os.read(self._read, 1)

    def _received(self, _number: int, _frame: FrameType | None) -> None:
        now = self._clock()
        if self.asked and now - self._since > TWIN_SECONDS:
            raise KeyboardInterrupt
        if not self.asked:
            self.asked, self._since = True, now
            os.write(self._write, b".")
