"""Looks at the run that was begun: bears silence for a while, and takes no other run for it."""

from collections.abc import Callable, Mapping
from typing import Any

from shoplake_contracts.errors import RequestError, ShoplakeError
from shoplake_contracts.states import State

from shoplake_cli.client import Client, ServiceDown
from shoplake_cli.stack.services import GENERATOR

from .figures import Figures

SILENT_SECONDS = 30.0
"""A service that was killed is back in ten seconds, on a busy machine too."""


class GenerationEndedError(ShoplakeError):
    """The run did not come to the end that was asked for."""

    code = "generation_ended"
    remedy = "shoplake status shows the generator's state; its log is in the home's logs folder."


class Watch:
    """One run, seen from outside.

    Args:
        client: Of the stack it runs in.
        before: Id of the run before it.
        clock: Seconds, monotonic.

    Attributes:
        figures: As they were last seen; None until the run has begun.
        trouble: What keeps it from going on just now; None if nothing does.
    """

    def __init__(self, client: Client, before: str | None, clock: Callable[[], float]) -> None:
        self._client = client
        self._before = before
        self._clock = clock
        self._heard = clock()
        self.figures: Figures | None = None
        self.trouble: str | None = None

    def look(self) -> State | None:
        """The service's state; None if it does not answer at the moment.

        Raises:
            ServiceDown: it has not answered for too long.
            GenerationEndedError: it is FAILED, or another run goes on.
        """
        status = self._status()
        if status is None:
            return None
        state = State(status["state"])
        self._take(Figures.of(status["details"]))
        self.trouble = _trouble(state, status)
        if state is State.FAILED:
            error = status.get("error") or {}
            raise GenerationEndedError(f"generator is FAILED: {error.get('message')}", remedy=error.get("remedy"))
        return state

    def _status(self) -> Mapping[str, Any] | None:
        try:
            status = self._client.status(GENERATOR)
        except (ServiceDown, RequestError) as error:
            if self._clock() - self._heard <= SILENT_SECONDS:
                return None
            raise ServiceDown(f"generator has not answered for {SILENT_SECONDS:g} s: {error.message}") from error
        self._heard = self._clock()
        return status

    def _take(self, figures: Figures | None) -> None:
        if figures is None or figures.run_id == self._before:
            return
        if self.figures is not None and self.figures.run_id != figures.run_id:
            raise GenerationEndedError(
                f"The generator is at another run, {figures.run_id}: it was restarted, or somebody else started it.",
                remedy="That run goes on; shoplake stop generator ends it.",
            )
        self.figures = figures


def _trouble(state: State, status: Mapping[str, Any]) -> str | None:
    if state is State.PAUSED:
        return "The generator is PAUSED; shoplake resume generator lets it go on"
    return str(status["error"]["message"]) if status.get("error") else None
