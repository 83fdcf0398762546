"""The one interface between a service's own work and the runner that starts, pauses and stops it."""

from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict
from typing_extensions import TypeVar

C = TypeVar("C", bound=BaseModel, default=BaseModel)
C_contra = TypeVar("C_contra", bound=BaseModel, contravariant=True, default=BaseModel)


class Config(BaseModel):
    """Base of a service's run-time config: immutable, and a field it does not know is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Job(Protocol[C_contra]):
    """Work that comes in steps.

    The runner calls `open`, `step` and `close` from one worker thread, never two at a time. All three may raise: a
    `Transient` is tried again with back-off, anything else makes the service FAILED with that error's code and remedy.
    """

    def open(self, config: C_contra) -> None:
        """Get ready: connect, start a session. May take a minute.

        It is followed by `close` in every case, also when it raised, and may be called again after that.
        """

    def step(self) -> bool:
        """Do one bounded piece of work and leave nothing half done.

        Returns:
            True if something was done and there may be more: the next step follows at once. False if there was
            nothing to do: the runner waits until it is woken, or for its idle time.
        """

    def close(self) -> None:
        """Release what `open` took. MUST bear being called twice, and after an `open` that raised."""

    def details(self) -> dict[str, Any]:
        """Figures for the status, ready for JSON.

        Called from other threads at any time, also before `open`: MUST answer at once from what is in memory.
        """
