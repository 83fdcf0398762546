"""Long work over HTTP: begun, watched, refused while another one runs, cancelled, and kept as history."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from anyio.to_thread import run_sync
from pydantic import BaseModel, ConfigDict
from shoplake_contracts.errors import AuditFailed
from shoplake_service_kit.app import Service, create_app
from shoplake_service_kit.run_collection import RunCollection
from shoplake_service_kit.runs import HISTORY, Run, Runs, RunState
from shoplake_service_kit.settings import ControlSettings
from shoplake_service_kit.testing import client

pytestmark = pytest.mark.anyio


class Wish(BaseModel):
    """What a run of these tests is asked for."""

    model_config = ConfigDict(extra="forbid")

    days: int = 1


@pytest.fixture
def woken() -> list[str]:
    return []


@pytest.fixture
def runs(woken: list[str]) -> Runs[Wish]:
    return Runs("/shop/counts", lambda: woken.append("woken"))


@pytest.fixture
async def api(runs: Runs[Wish], control: ControlSettings) -> AsyncIterator[httpx.AsyncClient]:
    service = Service("shop", "/shop", "1.0", runs=[RunCollection(runs, Wish, "Count the stock")])
    async with client(create_app(service, control, None)) as session:
        yield session


def counted(run: Run[Wish]) -> dict[str, Any]:
    run.show(days_done=run.request.days)
    return {"counted": run.request.days * 10}


async def test_a_run_is_begun_and_its_result_is_kept(
    api: httpx.AsyncClient, runs: Runs[Wish], woken: list[str]
) -> None:
    begun = await api.post("/shop/counts", json={"days": 3})
    assert (begun.status_code, begun.json()["state"], woken) == (202, "WAITING", ["woken"])

    assert await run_sync(runs.work, counted)

    seen = (await api.get(begun.headers["Location"])).json()
    assert (seen["state"], seen["progress"], seen["result"]) == ("SUCCEEDED", {"days_done": 3}, {"counted": 30})
    assert [run["id"] for run in (await api.get("/shop/counts")).json()["runs"]] == [seen["id"]]


async def test_a_second_run_is_refused_with_the_place_of_the_first(api: httpx.AsyncClient) -> None:
    first = await api.post("/shop/counts", json={})
    second = await api.post("/shop/counts", json={})
    assert (second.status_code, second.json()["code"]) == (409, "run_in_progress")
    assert second.headers["Location"] == first.headers["Location"]


async def test_a_wish_that_does_not_fit_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post("/shop/counts", json={"months": 1})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "months")


async def test_an_unknown_run_is_not_found(api: httpx.AsyncClient) -> None:
    assert (await api.get("/shop/counts/nobody")).status_code == 404


async def test_a_waiting_run_is_cancelled_at_once(api: httpx.AsyncClient, runs: Runs[Wish]) -> None:
    begun = await api.post("/shop/counts", json={})
    assert (await api.delete(begun.headers["Location"])).json()["state"] == "CANCELLED"
    assert not runs.work(counted)


def test_a_running_run_ends_where_it_shows_its_progress(runs: Runs[Wish]) -> None:
    run = runs.submit(Wish())

    def cancelled_meanwhile(run: Run[Wish]) -> dict[str, Any]:
        runs.cancel(run.id)
        return counted(run)

    runs.work(cancelled_meanwhile)
    assert (run.state, run.result) == (RunState.CANCELLED, None)


def test_a_failure_is_told_with_its_code(runs: Runs[Wish]) -> None:
    run = runs.submit(Wish())

    def fails(_run: Run[Wish]) -> dict[str, Any]:
        raise AuditFailed("3 rows differ")

    assert runs.work(fails)
    assert run.error is not None
    assert (run.state, run.error.code, run.error.message) == (RunState.FAILED, "audit_failed", "3 rows differ")


def test_only_so_many_ended_runs_are_remembered(runs: Runs[Wish]) -> None:
    for _ in range(HISTORY + 10):
        runs.submit(Wish())
        runs.work(counted)
    assert len(runs.all()) <= HISTORY + 1
