"""What a service was asked to do, and what came of it, outlives its process."""

from typing import Any

import pytest
from pydantic import BaseModel, Field
from shoplake_service_kit.run_collection import RunCollection
from shoplake_service_kit.run_history import TOPIC, RunHistory
from shoplake_service_kit.runs import HISTORY, Run, Runs, RunState
from shoplake_service_kit.settings import KafkaSettings
from shoplake_service_kit.testing import MemoryTopic

pytestmark = pytest.mark.anyio
COUNTS = "/shop/counts"


class Wish(BaseModel):
    """What a run of these tests is asked for; the alias is how it is said over HTTP."""

    from_: int = Field(1, alias="from")


def process(topic: MemoryTopic, service: str = "shop", collection: str = COUNTS) -> tuple[Runs[Wish], RunHistory]:
    """A service as it begins: nothing remembered, all that is on the topic before it."""
    runs = Runs[Wish](collection)
    outbox: Any = topic
    read: Any = lambda: topic  # noqa: E731 - typed as what it stands for
    return runs, RunHistory(KafkaSettings(), service, outbox, [RunCollection(runs, Wish, "Count")], read=read)


def counted(run: Run[Wish]) -> dict[str, Any]:
    run.show(days_done=3)
    return {"counted": run.request.from_ * 10}


def refused(run: Run[Wish]) -> dict[str, Any]:
    raise ValueError(run.id)


async def test_a_new_process_answers_for_the_runs_of_the_old_one() -> None:
    topic = MemoryTopic(TOPIC)
    old, _ = process(topic)
    done = old.submit(Wish.model_validate({"from": 4}))
    assert old.work(counted)
    failed = old.submit(Wish())
    assert old.work(refused)
    cancelled = old.submit(Wish())
    old.cancel(cancelled.id)

    new, history = process(topic)
    await history.restore()

    assert [run.id for run in new.all()] == [cancelled.id, failed.id, done.id]
    assert [run.state for run in new.all()] == [RunState.CANCELLED, RunState.FAILED, RunState.SUCCEEDED]
    assert new.get(done.id) == done
    assert new.get(failed.id).error == failed.error


async def test_a_run_that_the_process_died_in_is_told_as_interrupted() -> None:
    topic = MemoryTopic(TOPIC)
    old, _ = process(topic)
    begun = old.submit(Wish())

    new, history = process(topic)
    await history.restore()

    told = new.get(begun.id)
    assert told.error is not None
    assert (told.state, told.error.code) == (RunState.FAILED, "run_interrupted")
    third, history = process(topic)
    await history.restore()
    assert third.get(begun.id) == told
    assert not new.waiting()
    assert new.submit(Wish()).state is RunState.WAITING


async def test_what_was_asked_before_the_history_was_there_comes_last() -> None:
    topic = MemoryTopic(TOPIC)
    old, _ = process(topic)
    old.cancel(old.submit(Wish()).id)
    new, history = process(topic)
    asked = new.submit(Wish())
    await history.restore()
    assert [run.id for run in new.all()] == [asked.id, old.all()[0].id]
    # It is on the topic as well by then, and of this very process: nobody has died in it.
    assert new.waiting()
    assert new.work(counted)
    third, history = process(topic)
    await history.restore()
    assert third.get(asked.id).state is RunState.SUCCEEDED


async def test_no_more_is_remembered_than_by_one_process() -> None:
    topic = MemoryTopic(TOPIC)
    old, _ = process(topic)
    for _ in range(HISTORY + 5):
        old.cancel(old.submit(Wish()).id)
    new, history = process(topic)
    await history.restore()
    assert [run.id for run in new.all()] == [run.id for run in old.all()][:HISTORY]


async def test_runs_of_others_and_what_nobody_understands_are_left_alone() -> None:
    topic = MemoryTopic(TOPIC)
    for service, collection in (("other", COUNTS), ("shop", "/shop/audits")):
        runs, _ = process(topic, service, collection)
        runs.submit(Wish())
    topic.put(TOPIC, "shop", {"collection": COUNTS, "run": {"id": "from another version"}})
    new, history = process(topic)
    await history.restore()
    assert new.all() == []
