"""What happens when a run is complete: the service stops, and is still stopped after the next start of the process."""

import asyncio
from concurrent.futures import Future
from typing import Any

from shoplake_service_kit.runner import JobRunner
from shoplake_service_kit.service import Plant

from .settings import GeneratorConfig


class Ending:
    """Called by the job, in its thread, when everything asked for is confirmed.

    The job is made before the runner that it stops and the plant that remembers it, hence `bind`.
    """

    def __init__(self) -> None:
        self._runner: JobRunner[GeneratorConfig] | None = None
        self._plant: Plant | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._remembering: Future[Any] | None = None

    def bind(self, runner: JobRunner[GeneratorConfig], plant: Plant) -> None:
        """Say what to stop and who keeps the desired state."""
        self._runner = runner
        self._plant = plant

    async def know_loop(self) -> None:
        """Find out which loop the app runs on; a start hook."""
        self._loop = asyncio.get_running_loop()

    def __call__(self) -> None:
        """Stop the runner and keep that as the desired state."""
        if self._runner is not None:
            self._runner.stop()
        if self._loop is not None and self._plant is not None and self._plant.desired is not None:
            self._remembering = asyncio.run_coroutine_threadsafe(self._plant.desired.remember(), self._loop)
