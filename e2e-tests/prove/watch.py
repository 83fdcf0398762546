"""Looks at a stack from outside, and turns what must not happen into an error that says so."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
from shoplake_service_kit.runs import OPEN
from stack import Stack

STAGE_OF = {"kafka": "bronze", "bronze-ingest": "bronze", "silver-process": "silver", "gold-batch": "gold"}
SERVICES = ("bronze-ingest", "silver-process", "gold-batch")
# Often enough for the figures, and rarely enough not to be the load itself.
LOOK_EVERY = 0.5
STALLED = 1_200.0
Position = dict[str, list[int]]


class ProofError(Exception):
    """The proof cannot go on: something did not come back, or refuses."""


class Watch:
    """Questions to a stack; a service that does not answer is no answer."""

    def __init__(self, stack: Stack, healthy: Callable[[], None]) -> None:
        self._stack = stack
        self._healthy = healthy

    def lag(self) -> dict[str, Any] | None:
        """What health says of the stages; None while it or the broker is away."""
        return self._ask("health", "/health/lag")

    def position(self, stage: str) -> Position | None:
        """Where a stage is; None while nobody can tell."""
        lag = self.lag()
        return None if lag is None else dict(lag["stages"][stage]["position"])

    def accounting(self) -> dict[str, Any] | None:
        """The equation; None while nobody can tell."""
        return self._ask("health", "/health/accounting")

    def state(self, service: str) -> str:
        """RUNNING or another; kafka runs when it has a process."""
        if service == "kafka":
            return "RUNNING" if self._stack.pid("kafka") else "down"
        status = self._ask(service, f"/{service.partition('-')[0]}/status")
        if status is None:
            return "down"
        if status["state"] == "FAILED":
            raise ProofError(f"{service} is FAILED: {json.dumps(status['error'])}")
        return str(status["state"])

    def gold_maintains(self) -> bool:
        """Whether gold may be at work on the files of some table: also while it does not say."""
        status = self._ask("gold-batch", "/gold/status")
        if status is None:
            return True
        newest = status["details"]["maintenance"]
        return newest is not None and newest["state"] in OPEN

    def paths(self) -> set[str]:
        """The routes of all services."""
        answers = [self._ask(service, "/openapi.json") for service in SERVICES]
        return {path for answer in answers if answer for path in answer["paths"]}

    def wait(self, holds: Callable[[], bool], seconds: float, what: str, every: float = LOOK_EVERY) -> bool:
        """Poll until it holds; False if it did not in time.

        Raises:
            ProofError: a service refuses to go on meanwhile, or the load has failed.
        """
        end, look_around = time.monotonic() + seconds, 0.0
        while time.monotonic() < end:
            if holds():
                return True
            if time.monotonic() >= look_around:
                self._look_around(what)
                look_around = time.monotonic() + 2
            time.sleep(every)
        return holds()

    def until_gold_holds_everything(self, say: Callable[[str], None]) -> None:
        """Wait as long as anything moves.

        Raises:
            ProofError: nothing moved for minutes.
        """
        seen: list[Any] = [None, time.monotonic(), 0.0]

        def holds() -> bool:
            lag = self.lag()
            if lag is None:
                return False
            now, positions = time.monotonic(), {name: stage["position"] for name, stage in lag["stages"].items()}
            if positions != seen[0]:
                seen[:2] = positions, now
            if now - seen[1] > STALLED:
                raise ProofError(f"nothing moved for {STALLED:.0f} s; {lag['stages']}")
            if now >= seen[2]:
                seen[2] = now + 15
                behind = ", ".join(f"{name} {stage['events']:,}" for name, stage in lag["stages"].items())
                say(f"catching up; events behind the broker: {behind}")
            return covers(lag["stages"]["gold"]["position"], lag["end"])

        if not self.wait(holds, 6 * 3600, "gold holds everything", every=1.0):
            raise ProofError("gold never held everything")

    def _look_around(self, what: str) -> None:
        self._healthy()
        for service in SERVICES:
            try:
                self.state(service)
            except ProofError as error:
                raise ProofError(f"while waiting until {what}: {error}") from error

    def _ask(self, service: str, path: str) -> dict[str, Any] | None:
        # Whatever it is, it is asked again: that is what waiting is.
        with suppress(httpx.HTTPError, FileNotFoundError):
            return dict(self._stack.get(service, path))
        return None


def covers(position: Position, wanted: Position) -> bool:
    """Whether a position has reached another one."""
    return all(
        reached >= offset
        for topic, row in wanted.items()
        for reached, offset in zip([*position.get(topic, []), *[0] * len(row)], row, strict=False)
    )
