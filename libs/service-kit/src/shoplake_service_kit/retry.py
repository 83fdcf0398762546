"""How long to wait before trying again; the same curve wherever something may be away for a while."""

from collections.abc import Iterator


def retry_delays(first: float, last: float) -> Iterator[float]:
    """Seconds to wait before each further attempt: doubling from `first`, never above `last`."""
    delay = first
    while True:
        yield delay
        delay = min(delay * 2, last)
