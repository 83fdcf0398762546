"""Errands: done between two boxes, never before the first or inside one that a crash left open."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, cast

from pydantic import BaseModel
from shoplake_lake_kit.stage_job import Errand, SteppedStage
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.vector import Position

STAMP = Stamp(
    stage="silver",
    group="main",
    writer="a",
    position=Position({"purchases": (7,)}),
    origin=Position({"purchases": (0,)}),
    epochs={},
    topic_ids={},
    cluster="c",
    attempt="a1",
)
BEHIND = replace(STAMP, position=Position({"purchases": (3,)}))


class NoConfig(BaseModel):
    """Nothing to set."""


class Boxes:
    """A stage of two tables that completes its open box when it is stepped, and notes what happens."""

    def __init__(self, *stamps: Stamp | None) -> None:
        self.found = stamps
        self.done: list[str] = []

    def stamps(self) -> dict[str, Stamp | None]:
        return dict(zip(("lead", "other"), self.found, strict=True))

    def step(self) -> bool:
        self.found = (STAMP, STAMP)
        self.done.append("box")
        return True


class Job(SteppedStage[str, BaseModel, Any]):
    """Over a session that needs nothing."""

    def _open_session(self) -> str:
        return "session"

    def _prepare(self, session: str) -> None: ...

    def _close_session(self, session: str) -> None: ...

    def _translated(self) -> AbstractContextManager[None]:
        return nullcontext()


def steps(boxes: Boxes, times: int) -> list[str]:
    waiting = ["errand"]
    errand = Errand(lambda: bool(waiting), lambda: boxes.done.append(waiting.pop()))
    job = Job(application="test", tables=(), build=lambda *_: cast("Any", boxes), errands=lambda *_: [errand])
    job.open(NoConfig())
    for _ in range(times):
        assert job.step()
    return boxes.done


def test_an_errand_goes_before_the_next_box() -> None:
    assert steps(Boxes(STAMP, STAMP), 2) == ["errand", "box"]


def test_an_open_box_is_completed_first() -> None:
    assert steps(Boxes(STAMP, BEHIND), 3) == ["box", "errand", "box"]


def test_an_errand_waits_for_the_first_box() -> None:
    assert steps(Boxes(None, None), 2) == ["box", "errand"]
