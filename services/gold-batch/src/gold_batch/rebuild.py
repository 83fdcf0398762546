"""Runs that somebody asks for: days of gold tables computed anew, changed or not, between two of gold's own batches."""

from collections.abc import Callable, Collection
from datetime import date, timedelta
from typing import Any, Self

from pydantic import Field, field_validator, model_validator
from shoplake_contracts.errors import InvalidRequest
from shoplake_lake_kit.batch import Frames
from shoplake_lake_kit.plan import Stamps
from shoplake_lake_kit.revision import Kind, Revision
from shoplake_lake_kit.stage import Stage
from shoplake_lake_kit.stage_job import Errand
from shoplake_lake_kit.stage_tables import GOLD
from shoplake_service_kit.job import Config
from shoplake_service_kit.runs import Run, Runs
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.java import translated

COLLECTION = "/gold/runs"
MOST_DAYS = 3_700
Rows = Callable[[str, Collection[date], str], Frames[Output]]


class RebuildRequest(Config):
    """Which days of which tables; an empty request computes everything anew.

    Of the days in between those that have events are computed; `to` itself always, if it is named.
    """

    tables: tuple[str, ...] = Field((), description="Tables such as gold.daily_sales_summary; all of them if empty")
    from_: date | None = Field(None, alias="from", description="First business day; the first one known if absent")
    to: date | None = Field(None, description="Last business day; the last one known if absent")

    @field_validator("tables")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(names) - GOLD.keys())
        if unknown:
            raise ValueError(f"no such tables: {', '.join(unknown)}; there are {', '.join(GOLD)}")
        return names

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.from_ and self.to and not self.from_ <= self.to < self.from_ + timedelta(days=MOST_DAYS):
            raise ValueError(f"`to` is at or after `from`, and at most {MOST_DAYS} days are computed at once")
        return self

    def in_order(self) -> list[str]:
        """The tables in the order in which one builds on the other."""
        return [name for name in GOLD if not self.tables or name in self.tables]


class Rebuild:
    """Does one run, table by table: what is published stays, also if the run is cancelled before the next table.

    Args:
        rows: From a table, its days and the position to the rows of these days.
        known_days: The business days that gold knows.
        days_with_events: From the first and the last day to those that silver has events of.
    """

    def __init__(
        self,
        rows: Rows,
        known_days: Callable[[], set[date]],
        days_with_events: Callable[[date, date], set[date]],
    ) -> None:
        self._rows = rows
        self._known_days = known_days
        self._days_with_events = days_with_events

    def __call__(self, stage: Stage[Output], run: Run[RebuildRequest]) -> dict[str, Any]:
        """Compute and publish; returns the result for the run.

        Raises:
            InvalidRequest: nothing is known, so that there are no days.
            RunCancelledError: somebody has cancelled the run; whole tables are done, and no half ones.
        """
        first, last = self._span(run.request)
        days = self._days_with_events(first, last) | ({last} if run.request.to else set())
        done: dict[str, dict[str, int]] = {}
        for name in run.request.in_order():
            run.show(table=name, first=first.isoformat(), last=last.isoformat(), tables=dict(done))
            done[name] = self._table(stage, run.id, name, days)
        return {"from": first.isoformat(), "to": last.isoformat(), "tables": done}

    def _span(self, asked: RebuildRequest) -> tuple[date, date]:
        known = self._known_days()
        first, last = asked.from_ or min(known, default=None), asked.to or max(known, default=None)
        if first is None or last is None or first > last:
            raise InvalidRequest(
                "there are no days to compute", remedy="Name `from` and `to`, or wait for gold's first publish."
            )
        return first, last

    def _table(self, stage: Stage[Output], run_id: str, name: str, asked: set[date]) -> dict[str, int]:
        days: list[date] = []

        def prepare(stamps: Stamps, _attempt: str) -> Revision[Output]:
            stamp = next(iter(stamps.values()))
            made = self._rows(name, asked, stamp.position.to_json() if stamp else "")
            days.extend(made.frames[name].days or ())
            return Revision(kind=Kind.REBUILD, id=run_id, frames=made.frames, days={name: days}, release=made.close)

        staged = stage.revise(prepare)
        return {"days": len(days), "rows": staged[name].rows}


def errands(runs: Runs[RebuildRequest], rebuild: Rebuild, stage: Stage[Output]) -> list[Errand]:
    """What gold does between two boxes."""

    def do(run: Run[RebuildRequest]) -> dict[str, Any]:
        with translated():
            return rebuild(stage, run)

    def work() -> None:
        runs.work(do)

    return [Errand(runs.waiting, work)]
