"""The pace of batches: a trickle is gathered, a backlog is not held up."""

from typing import Any

from pydantic import BaseModel
from shoplake_lake_kit.paced_job import PacedJob


class NoConfig(BaseModel):
    """Nothing to set."""


class Inner:
    """A stage whose batches take some seconds; counts the batches it was asked for."""

    def __init__(self, takes: float) -> None:
        self.now, self.takes, self.asked = 100.0, takes, 0

    def open(self, config: BaseModel) -> None: ...

    def close(self) -> None: ...

    def step(self) -> bool:
        self.asked += 1
        self.now += self.takes
        return True

    def details(self) -> dict[str, Any]:
        return {"tables": []}


def opened(inner: Inner, *, is_urgent: bool = False) -> PacedJob[BaseModel]:
    job = PacedJob(inner, lambda _: 2.0, lambda: inner.now, is_urgent=lambda: is_urgent)
    job.open(NoConfig())
    return job


def test_a_quick_batch_is_followed_only_after_the_interval() -> None:
    inner = Inner(takes=0.5)
    job = opened(inner)

    assert [job.step(), job.step()] == [False, False]
    assert inner.asked == 1
    inner.now += 1.6
    job.step()
    assert inner.asked == 2


def test_what_is_urgent_does_not_wait() -> None:
    inner = Inner(takes=0.5)
    job = opened(inner, is_urgent=True)

    assert [job.step(), job.step()] == [False, False]
    assert inner.asked == 2


def test_a_batch_longer_than_the_interval_is_followed_at_once() -> None:
    inner = Inner(takes=5)
    job = opened(inner)

    assert [job.step(), job.step()] == [True, True]
    assert job.details()["interval_seconds"] == 2
