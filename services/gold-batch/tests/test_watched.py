"""What a scrape tells of gold's runs, by a clock that the test holds."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from gold_batch.hold import PromotionHold
from gold_batch.settings import GoldConfig
from gold_batch.watched import RunMetrics, WatchedJob
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.publication import Publication
from shoplake_lake_kit.vector import Counts, Position
from shoplake_service_kit.metrics import Metrics

SALES, FUNNEL = "gold.daily_sales_summary", "gold.daily_funnel"
NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


class Gold:
    """Gold's own job; a step does what the test says."""

    def __init__(self, step: Callable[[], bool]) -> None:
        self.step = step

    def open(self, config: GoldConfig) -> None:
        """Nothing to open."""

    def close(self) -> None:
        """Nothing to close."""

    def details(self) -> dict[str, Any]:
        return {"tables": [SALES]}


def publication(table: str, rows: int) -> Publication:
    return Publication(
        stage="gold", table=table, role=Role.DERIVED, start=Position(), end=Position(), read=Counts(), counts=Counts(),
        rows=rows, snapshot_id=1, attempt="a", appended_at_min=None, appended_at_max=None, planned_at=NOON,
        published_at=NOON,
    )  # fmt: skip


def test_a_run_is_counted_with_its_days_rows_and_seconds_and_one_that_breaks_off_as_failed() -> None:
    metrics, now = Metrics("gold-batch"), [100.0]
    runs = RunMetrics(metrics, lambda: now[0])

    def step() -> bool:
        runs.computing({SALES: 2, FUNNEL: 1, "gold.customer_cohorts": 0})
        now[0] += 7
        runs.published(publication(SALES, 3))
        raise ConnectionError

    job = WatchedJob(Gold(step), runs, PromotionHold(metrics))
    with pytest.raises(ConnectionError):
        job.step()
    told = metrics.render().decode().splitlines()
    assert f'shoplake_gold_days{{table="{SALES}"}} 2.0' in told
    assert f'shoplake_gold_rows{{table="{SALES}"}} 3.0' in told
    assert f'shoplake_gold_run_duration_seconds_sum{{table="{SALES}"}} 7.0' in told
    assert [line for line in told if line.startswith("shoplake_gold_runs_total")] == [
        f'shoplake_gold_runs_total{{status="succeeded",table="{SALES}"}} 1.0',
        f'shoplake_gold_runs_total{{status="failed",table="{FUNNEL}"}} 1.0',
    ]
    assert job.details() == {"tables": [SALES], "held": None}
