"""How long a process that crashed has to wait: pure, the clock is the caller's."""

from dataclasses import dataclass

FIRST = 1.0
MOST = 30.0
GOOD_RUN = 60.0
"""Seconds up after which a crash says nothing about the next start."""


@dataclass
class Backoff:
    """None after a good run, then 1, 2, 4 … 30 seconds; `failures` in a row so far."""

    failures: int = 0

    def after_crash(self, ran_for: float) -> float:
        """Seconds to wait before the next start of a process that ran for so many seconds."""
        if ran_for >= GOOD_RUN:
            self.failures = 0
            return 0.0
        self.failures += 1
        return float(min(FIRST * 2 ** (self.failures - 1), MOST))
