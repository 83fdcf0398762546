"""Keeps a runner at what it was told: restores it after a restart and saves what control calls ask for.

Kafka may be away at either moment. Then the service serves, the job waits for its desired state to be known, and a
control call is obeyed at once and saved as soon as the broker is back.
"""

import asyncio
from typing import Any, Literal

import structlog
from pydantic import ValidationError
from shoplake_contracts.errors import BrokerUnavailable
from shoplake_contracts.states import State

from .retry import retry_delays
from .runner import JobRunner
from .state import Desired, StateStore

log = structlog.get_logger()
SAVE_SECONDS = 2.0
DefaultState = Literal[State.RUNNING, State.STOPPED]


class DesiredState:
    """The desired state of one runner.

    Args:
        runner: What is kept at it.
        store: Where it is kept; None keeps it for the life of the process only.
        default: What to do if nothing was ever asked for.
    """

    def __init__(self, runner: JobRunner[Any], store: StateStore | None, default: DefaultState) -> None:
        self._runner = runner
        self._store = store
        self._default = default
        self._unsaved: Desired | None = None
        self._wanted = asyncio.Event()
        self._saved = asyncio.Event()
        self.known = False

    async def restore(self) -> None:
        """Bring the runner to the stored desired state, unless a control call was faster.

        Raises:
            BrokerUnavailable: the stored state cannot be read now.
        """
        stored = await self._store.load() if self._store else None
        if not self.known:
            self.known = True
            self._apply(stored or Desired(state=self._default))

    async def remember(self) -> None:
        """Save what the runner was just told; waits for Kafka a moment, then leaves it to `keep_saving`."""
        self.known = True
        if self._store is None:
            return
        self._unsaved = Desired(state=self._runner.intent, config=self._runner.config.model_dump(mode="json"))
        self._saved.clear()
        self._wanted.set()
        try:
            async with asyncio.timeout(SAVE_SECONDS):
                await self._saved.wait()
        except TimeoutError:
            log.warning("desired_state_not_saved_yet")

    async def keep_saving(self) -> None:
        """Save whatever is unsaved, the newest only, until cancelled."""
        delays = retry_delays(0.5, 15.0)
        while self._store is not None:
            await self._wanted.wait()
            desired = self._unsaved
            try:
                if desired is not None:
                    await self._store.save(desired)
            except BrokerUnavailable as error:
                log.warning("desired_state_not_saved", reason=error.message)
                await asyncio.sleep(next(delays))
                continue
            delays = retry_delays(0.5, 15.0)
            if self._unsaved is desired:
                self._wanted.clear()
                self._saved.set()

    def _apply(self, desired: Desired) -> None:
        config = self._config(desired.config)
        log.info("desired_state", state=desired.state)
        if desired.state is State.STOPPED:
            if config is not None:
                self._runner.put_config(config)
            return
        self._runner.start(config)
        if desired.state is State.PAUSED:
            self._runner.pause()

    def _config(self, stored: dict[str, Any]) -> Any:
        """The stored config; None (the default) if there is none or this version no longer understands it."""
        try:
            return self._runner.config_type.model_validate(stored) if stored else None
        except ValidationError as error:
            log.warning("stored_config_not_understood", fields=[".".join(map(str, e["loc"])) for e in error.errors()])
            return None
