"""Maintenance over HTTP and by the clock, around a job and a work that do what the test says."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from anyio.to_thread import run_sync
from gold_batch.maintenance import COLLECTION, MaintainedJob, MaintenanceRequest
from gold_batch.settings import GoldConfig
from shoplake_service_kit.app import Service, create_app
from shoplake_service_kit.run_collection import RunCollection
from shoplake_service_kit.runs import Run, Runs
from shoplake_service_kit.settings import ControlSettings
from shoplake_service_kit.testing import client

pytestmark = pytest.mark.anyio


class Gold:
    """Gold's own job, idle."""

    def __init__(self) -> None:
        self.steps = 0

    def open(self, config: GoldConfig) -> None:
        """Nothing to open."""

    def step(self) -> bool:
        self.steps += 1
        return False

    def close(self) -> None:
        """Nothing to close."""

    def details(self) -> dict[str, Any]:
        return {"tables": []}


class Rig:
    """A maintained job with a clock of its own and a work that writes down what it was asked for."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.gold = Gold()
        self.asked: list[MaintenanceRequest] = []
        self.runs = Runs[MaintenanceRequest](COLLECTION)
        self.job = MaintainedJob(self.gold, self.runs, self.work, clock=lambda: self.now)

    def work(self, run: Run[MaintenanceRequest]) -> dict[str, Any]:
        run.show(table="silver.purchases")
        self.asked.append(run.request)
        return {"tables": {"silver.purchases": {"compacted": []}}}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture
async def api(rig: Rig) -> AsyncIterator[httpx.AsyncClient]:
    service = Service("gold-batch", "/gold", "1.0", runs=[RunCollection(rig.runs, MaintenanceRequest, "Maintain")])
    async with client(create_app(service, ControlSettings(), None)) as session:
        yield session


async def test_a_run_is_done_by_the_worker_after_its_own_step(api: httpx.AsyncClient, rig: Rig) -> None:
    rig.job.open(GoldConfig())
    begun = await api.post(COLLECTION, json={"tables": ["silver.purchases"], "compact": False, "keep_seconds": 60})
    assert (begun.status_code, begun.json()["state"]) == (202, "WAITING")
    assert (await api.post(COLLECTION, json={})).status_code == 409

    assert await run_sync(rig.job.step)

    seen = (await api.get(begun.headers["Location"])).json()
    assert (seen["state"], seen["progress"]) == ("SUCCEEDED", {"table": "silver.purchases"})
    assert seen["result"] == {"tables": {"silver.purchases": {"compacted": []}}}
    assert (rig.gold.steps, rig.asked[0].keep_seconds, rig.asked[0].expire) == (1, 60, True)
    assert not rig.job.step()


async def test_a_waiting_run_can_be_cancelled(api: httpx.AsyncClient, rig: Rig) -> None:
    begun = await api.post(COLLECTION, json={})
    assert (await api.delete(begun.headers["Location"])).json()["state"] == "CANCELLED"
    assert not rig.job.step()
    assert rig.asked == []


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"tables": ["silver.nothing"]}, "tables"),
        ({"keep_seconds": 0}, "keep_seconds"),
        ({"where": "1 = 1"}, "where"),
    ],
)
async def test_what_cannot_be_meant_is_refused(api: httpx.AsyncClient, wish: dict[str, Any], field: str) -> None:
    answer = await api.post(COLLECTION, json=wish)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_by_the_clock_a_run_is_due_one_interval_after_the_start(rig: Rig) -> None:
    rig.job.open(GoldConfig(maintenance_interval_seconds=60))
    done = []
    for now in (1_000, 1_059, 1_060, 1_061, 1_119, 1_121):
        rig.now = now
        done.append(rig.job.step())
    assert done == [False, False, True, False, False, True]
    assert rig.asked == [MaintenanceRequest()] * 2
    assert rig.job.details()["maintenance"]["state"] == "SUCCEEDED"


def test_a_run_by_the_clock_does_not_come_on_top_of_one_in_line(rig: Rig) -> None:
    rig.job.open(GoldConfig(maintenance_interval_seconds=60))
    rig.runs.submit(MaintenanceRequest(compact=False))
    rig.now += 60
    assert rig.job.step()
    assert not rig.job.step()
    assert [wish.compact for wish in rig.asked] == [False]


def test_without_an_interval_only_those_asked_for_are_done(rig: Rig) -> None:
    rig.job.open(GoldConfig(maintenance_interval_seconds=0))
    rig.now += 1_000_000
    assert not rig.job.step()
    assert rig.job.details() == {"tables": [], "maintenance": None, "maintenance_interval_seconds": 0}
