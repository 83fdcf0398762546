"""What silver does between two boxes, with a replay and a backfill that only say what they were asked."""

from typing import Any, cast

import pytest
from shoplake_contracts.errors import BronzeIncomplete
from shoplake_lake_kit.stage import Publication
from shoplake_service_kit.metrics import Metrics
from shoplake_service_kit.runs import Run, RunState
from silver_process.errands import Wishes
from silver_process.replayed import Look
from silver_process.wishes import BackfillRequest, ReplayRequest


def group(said: str, number: int, reason: str | None = None) -> dict[str, Any]:
    place = {"topic": "purchases", "epoch": 0, "partition": 0, "table": "silver.purchases"}
    return place | {"reason_before": "too_old", "said": said, "reason": reason, "news": True, "n": number}


class Worker:
    """Stands for `Replay` and `Backfill`: notes the runs, and has a backfill to complete at first."""

    def __init__(self, wishes: Wishes) -> None:
        self.is_open = True
        self.done: list[str] = []
        self.wishes = wishes
        self.refuses: Exception | None = None

    def complete(self, _stage: Any) -> None:
        """Called before every run as well; like the real one, it does nothing when no table lacks anything."""
        if self.is_open:
            self.is_open = False
            self.done.append("completed")

    def replay(self, _stage: Any, run: Run[ReplayRequest]) -> Look:
        self.done.append("replay")
        run.show(phase="judging")
        self.wishes.heard(cast("Publication", type("Published", (), {"table": "silver.purchases", "rows": 3})()))
        return Look((), [group("replayed", 3), group("still_bad", 2, "too_old")])

    def __call__(self, _stage: Any, _run: Run[BackfillRequest]) -> dict[str, Any]:
        self.done.append("backfill")
        if self.refuses:
            raise self.refuses
        return {"tables": {}}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("silver-process")


@pytest.fixture
def wishes(metrics: Metrics) -> Wishes:
    return Wishes(metrics)


@pytest.fixture
def worker(wishes: Wishes) -> Worker:
    return Worker(wishes)


def step(wishes: Wishes, worker: Worker) -> bool:
    """Do the first errand that is due, as the job does."""
    errands = wishes.errands(cast("Any", None), cast("Any", worker.replay), cast("Any", worker))
    due = next((errand for errand in errands if errand.due()), None)
    if due is not None:
        due.run()
    return due is not None


def test_a_backfill_that_was_cut_off_comes_first(wishes: Wishes, worker: Worker) -> None:
    wishes.backfills.submit(BackfillRequest.model_validate({"from": "2025-03-04", "to": "2025-03-04"}))
    wishes.replays.submit(ReplayRequest.model_validate({}))
    while step(wishes, worker):
        pass
    assert worker.done == ["completed", "replay", "backfill"]


def test_a_replay_shows_its_progress_and_result_and_is_counted(
    wishes: Wishes, worker: Worker, metrics: Metrics
) -> None:
    worker.is_open = False
    run = wishes.replays.submit(ReplayRequest.model_validate({}))
    assert step(wishes, worker)
    assert run.progress == {"phase": "judging", "published": {"silver.purchases": 3}}
    assert run.result is not None
    assert run.result["reasons"] == {
        "too_old": {"replayed": 3, "duplicate": 0, "already_landed": 0, "still_bad": {"too_old": 2}}
    }
    assert b'shoplake_replayed_events_total{outcome="replayed"} 3.0' in metrics.render()


def test_a_dry_run_is_not_counted(wishes: Wishes, worker: Worker, metrics: Metrics) -> None:
    worker.is_open = False
    run = wishes.replays.submit(ReplayRequest.model_validate({"dry_run": True}))
    assert step(wishes, worker)
    assert (run.result or {})["changed"] is False
    assert b"shoplake_replayed_events_total{" not in metrics.render()


def test_a_run_that_is_refused_says_so_and_stops_nothing(wishes: Wishes, worker: Worker) -> None:
    worker.is_open, worker.refuses = False, BronzeIncomplete("purchases/0: 1")
    run = wishes.backfills.submit(BackfillRequest.model_validate({"from": "2025-03-04", "to": "2025-03-04"}))
    assert step(wishes, worker)
    assert run.error is not None
    assert (run.state, run.error.code) == (RunState.FAILED, "bronze_incomplete")
    assert not step(wishes, worker)
