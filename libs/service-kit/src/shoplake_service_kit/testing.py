"""For tests of services: a job that does what the test says, step by step, and a client of an app without a socket.

Needs httpx, which a service in production does not.
"""

import queue
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

from .job import Config

PATIENCE = 10.0
"""Seconds until a test that waits for something gives up."""

WORKED = True
"""Outcome of a step that did something."""
IDLE = False
"""Outcome of a step that found nothing to do."""


class ScriptedConfig(Config):
    """Config of a `ScriptedJob`."""

    rate: int = 10


class ScriptedJob:
    """A job whose calls the test observes and whose outcomes it decides: no step returns before the test says what."""

    def __init__(self) -> None:
        self.calls: queue.Queue[str] = queue.Queue()
        self.configs: list[ScriptedConfig] = []
        self.figures: dict[str, Any] = {}
        self._outcomes: queue.Queue[bool | BaseException] = queue.Queue()
        self._openings: queue.Queue[BaseException | None] = queue.Queue()

    def open(self, config: ScriptedConfig) -> None:
        """Wait for `opens`."""
        self.configs.append(config)
        self.calls.put("open")
        outcome = self._openings.get(timeout=PATIENCE)
        if outcome is not None:
            raise outcome

    def step(self) -> bool:
        """Wait for `does`."""
        self.calls.put("step")
        outcome = self._outcomes.get(timeout=PATIENCE)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def close(self) -> None:
        """Tell the test."""
        self.calls.put("close")

    def details(self) -> dict[str, Any]:
        """What the test put into `figures`."""
        return self.figures

    def opens(self, error: BaseException | None = None) -> None:
        """Let the present or next `open` return, or raise."""
        self._openings.put(error)

    def does(self, *outcomes: bool | BaseException) -> None:
        """Let the present and next steps return or raise these."""
        for outcome in outcomes:
            self._outcomes.put(outcome)

    def expect(self, *names: str) -> None:
        """Wait until exactly these calls came next.

        Raises:
            AssertionError: another call came.
            queue.Empty: none came in time.
        """
        for name in names:
            called = self.calls.get(timeout=PATIENCE)
            if called != name:
                raise AssertionError(f"expected {name}, the runner called {called}")


@asynccontextmanager
async def client(app: FastAPI, *, token: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app, inside its lifespan; an unforeseen error is an answer with 500, as over a socket."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as session,
    ):
        yield session
