"""A few events in words for whoever watches a run: at most one a second, however fast it is."""

from collections import deque
from collections.abc import Sequence
from typing import Any

from shoplake_service_kit.event_publisher import Message

from .sayings import said

EVERY_SECONDS = 1.0
KEPT = 20


class Samples:
    """The newest samples of one run."""

    def __init__(self) -> None:
        self._kept: deque[tuple[int, str]] = deque(maxlen=KEPT)
        self._next = 0.0

    def take(self, messages: Sequence[Message], produced: int, now: float) -> None:
        """Take one of the messages just sent, if it is time; `produced` is the number of the last of them."""
        if messages and now >= self._next:
            self._kept.append((produced, said(messages[-1])))
            self._next = now + EVERY_SECONDS

    def figures(self) -> dict[str, Any]:
        """For the status: each with the number of events at that time, oldest first."""
        return {"samples": [{"produced": number, "text": text} for number, text in list(self._kept)]}
