"""The plain implementation of `Batch`: frames by table name, and what to release when they are staged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from shoplake_lake_kit.vector import Counts

Frame = TypeVar("Frame")


def _nothing() -> None:
    """A batch that holds nothing has nothing to release."""


@dataclass(frozen=True)
class Frames(Generic[Frame]):
    """Implements `shoplake_lake_kit.ports.Batch`."""

    frames: Mapping[str, Frame]
    read: Counts | None = None
    release: Callable[[], None] = field(default=_nothing)

    def close(self) -> None:
        """Release what the frames hold."""
        self.release()
