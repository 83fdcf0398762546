"""The daily run: once a day, at a time of the shop's, the newest days are computed anew, changed or not.

It gives every customer a snapshot of today also on a day without events, and mends what nobody announced.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shoplake_contracts.errors import RunInProgress
from shoplake_service_kit.job import Job
from shoplake_service_kit.runs import Runs

from gold_batch.rebuild import RebuildRequest
from gold_batch.settings import GoldConfig


class DailyJob:
    """Implements service-kit's `Job` around gold's: once a day a run is put in line, for gold's own worker to do.

    Args:
        inner: Gold's own job.
        runs: Where runs are asked for.
        timezone: IANA name; the day and the time are those of the shop.
        late_days: So many days before today are computed as well.
        now: The time with its zone.
    """

    def __init__(
        self,
        inner: Job[GoldConfig],
        runs: Runs[RebuildRequest],
        timezone: str,
        late_days: int,
        now: Callable[[ZoneInfo], datetime] = datetime.now,
    ) -> None:
        self._inner = inner
        self._runs = runs
        self._zone = ZoneInfo(timezone)
        self._late = timedelta(days=late_days)
        self._now = now
        self._at: time | None = None
        self._done = date.min

    def open(self, config: GoldConfig) -> None:
        """Open gold's job; a time of today that has passed already is left to tomorrow."""
        self._at = time.fromisoformat(config.daily_at) if config.daily_at else None
        if self._at is not None:
            self._done = self._due_on(self._now(self._zone))
        self._inner.open(config)

    def step(self) -> bool:
        """Put the day's run in line once its time has come, then step gold's job."""
        if self._at is not None and (due := self._due_on(now := self._now(self._zone))) > self._done:
            self._done = due
            newest = now.date()
            # Somebody has just asked for a run: gold is being computed anew as it is.
            with suppress(RunInProgress):
                self._runs.submit(RebuildRequest.model_validate({"from": newest - self._late, "to": newest}))
        return self._inner.step()

    def close(self) -> None:
        """Close gold's job."""
        self._inner.close()

    def details(self) -> dict[str, Any]:
        """Gold's figures, and how the newest run stands."""
        newest = next(iter(self._runs.all()), None)
        shown = {"run": self._runs.location(newest), "state": newest.state} if newest else None
        return {**self._inner.details(), "rebuild": shown}

    def _due_on(self, now: datetime) -> date:
        """The last day whose time has come."""
        passed = self._at is not None and now.time() >= self._at
        return now.date() if passed else now.date() - timedelta(days=1)
