"""The daily run, by a clock that the test holds."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from gold_batch.daily import DailyJob
from gold_batch.rebuild import COLLECTION, RebuildRequest
from gold_batch.settings import GoldConfig
from pydantic import ValidationError
from shoplake_service_kit.runs import Runs


class Gold:
    """Gold's own job; does the run in line, if it is let."""

    def __init__(self, runs: Runs[RebuildRequest]) -> None:
        self.runs = runs
        self.is_busy = False

    def open(self, config: GoldConfig) -> None:
        """Nothing to open."""

    def step(self) -> bool:
        return not self.is_busy and self.runs.work(lambda _: {})

    def close(self) -> None:
        """Nothing to close."""

    def details(self) -> dict[str, Any]:
        return {"tables": []}


class Rig:
    """A job that was opened at a time, and moves on from there."""

    def __init__(self, start: str, timezone: str = "UTC", daily_at: str | None = "01:00") -> None:
        self.now = datetime.fromisoformat(start).replace(tzinfo=UTC)
        self.runs = Runs[RebuildRequest](COLLECTION)
        self.gold = Gold(self.runs)
        self.job = DailyJob(self.gold, self.runs, timezone, 3, self.clock)
        self.job.open(GoldConfig(daily_at=daily_at))

    def clock(self, zone: ZoneInfo) -> datetime:
        return self.now.astimezone(zone)

    def after(self, hours: float) -> list[tuple[date | None, date | None]]:
        """The days of every run asked for so far, once so many hours have passed and the job has stepped."""
        self.now += timedelta(hours=hours)
        self.job.step()
        return [(run.request.from_, run.request.to) for run in reversed(self.runs.all())]


def march(first: int, last: int) -> tuple[date, date]:
    return date(2025, 3, first), date(2025, 3, last)


def test_once_a_day_the_newest_days_are_computed() -> None:
    rig = Rig("2025-03-10T00:30")
    assert rig.after(0) == []
    assert rig.after(0.5) == [march(7, 10)]
    assert rig.after(10) == [march(7, 10)]
    assert rig.after(14) == [march(7, 10), march(8, 11)]


def test_a_time_that_has_passed_before_the_start_is_left_to_tomorrow() -> None:
    rig = Rig("2025-03-10T09:00")
    assert rig.after(10) == []
    assert rig.after(6) == [march(8, 11)]


def test_a_service_that_slept_over_some_days_runs_once() -> None:
    rig = Rig("2025-03-10T09:00")
    assert rig.after(24 * 5) == [march(12, 15)]


def test_the_time_is_the_shops() -> None:
    rig = Rig("2025-03-10T15:30", "Asia/Tokyo")
    assert rig.after(0.4) == []
    assert rig.after(0.1) == [march(8, 11)]


def test_a_run_under_way_will_do() -> None:
    rig = Rig("2025-03-10T00:30")
    rig.runs.submit(RebuildRequest())
    rig.gold.is_busy = True
    assert rig.after(1) == [(None, None)]
    assert rig.after(1) == [(None, None)]


def test_it_can_be_switched_off_and_says_how_the_newest_run_stands() -> None:
    assert Rig("2025-03-10T00:30", daily_at=None).after(100) == []
    rig = Rig("2025-03-10T00:30")
    assert rig.job.details() == {"tables": [], "rebuild": None}
    rig.after(1)
    assert rig.job.details()["rebuild"]["state"] == "SUCCEEDED"


@pytest.mark.parametrize("wrong", ["1:00", "25:00", "01:60", "noon", "01:00Z"])
def test_a_time_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError):
        GoldConfig(daily_at=wrong)
