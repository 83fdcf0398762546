"""How fast the machine is meanwhile, so that seconds of one run can be read beside those of another.

A virtual machine shares its cores with others: the same work may take twice as long a moment later, and nothing inside
it shows why.
"""

import time
from collections.abc import Callable
from statistics import median

TURNS = 20_000


class Pace:
    """Looks at the pace again and again, for half a millisecond each."""

    def __init__(self) -> None:
        self._seen: list[float] = []

    def beside(self, holds: Callable[[], bool]) -> Callable[[], bool]:
        """The same question, with a look whenever it is asked."""

        def looked() -> bool:
            self._seen.append(_turn_ns())
            return holds()

        return looked

    @property
    def turn_ns(self) -> float:
        """Median of the nanoseconds that a turn of an empty loop took on a core; 0 before the first look."""
        return round(median(self._seen or [0.0]), 1)


def _turn_ns() -> float:
    # The thread's own time: waiting for a core is not what is asked.
    began = time.thread_time_ns()
    for _ in range(TURNS):
        pass
    return (time.thread_time_ns() - began) / TURNS
