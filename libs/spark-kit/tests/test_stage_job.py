"""Errands: done between two boxes, never before the first or inside one that a crash left open."""

from dataclasses import replace
from typing import Any, cast

from pydantic import BaseModel
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.vector import Position
from shoplake_spark_kit.settings import SparkSettings
from shoplake_spark_kit.stage_job import Errand, StageJob

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


def steps(boxes: Boxes, times: int) -> list[str]:
    waiting = ["errand"]
    job: StageJob[BaseModel] = StageJob(
        app_name="test", spark=SparkSettings(), lake=LakeSettings(), tables=(), build=lambda *_: cast("Any", boxes)
    )
    job._stage = cast("Any", boxes)
    job._errands = [Errand(lambda: bool(waiting), lambda: boxes.done.append(waiting.pop()))]
    for _ in range(times):
        assert job.step()
    return boxes.done


def test_an_errand_goes_before_the_next_box() -> None:
    assert steps(Boxes(STAMP, STAMP), 2) == ["errand", "box"]


def test_an_open_box_is_completed_first() -> None:
    assert steps(Boxes(STAMP, BEHIND), 3) == ["box", "errand", "box"]


def test_an_errand_waits_for_the_first_box() -> None:
    assert steps(Boxes(None, None), 2) == ["box", "errand"]
