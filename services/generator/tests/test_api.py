"""The service over HTTP, without Kafka: an empty start works, a number of events stops it, nonsense is refused."""

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from anyio import sleep
from fastapi import FastAPI
from generator.main import build_app, create_app
from generator.settings import Settings
from shoplake_service_kit.testing import client

pytestmark = pytest.mark.anyio
POLL_SECONDS = 0.02


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def api(kept: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with client(build_app(Settings(), kept, None)) as session:
        yield session


async def settled(api: httpx.AsyncClient, state: str) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        status: dict[str, Any] = (await api.get("/generator/status")).json()
        if status["state"] == state:
            return status
        await sleep(POLL_SECONDS)
    raise AssertionError(status)


async def test_it_waits_until_told(api: httpx.AsyncClient) -> None:
    status = (await api.get("/generator/status")).json()
    assert (status["service"], status["state"]) == ("generator", "STOPPED")


async def test_an_empty_start_just_works_and_stop_loses_nothing(api: httpx.AsyncClient, kept: Any) -> None:
    assert (await api.post("/generator/start", json={})).status_code == 200
    await settled(api, "RUNNING")
    deadline = time.monotonic() + 20
    while not kept.events() and time.monotonic() < deadline:
        await api.get("/generator/status")
    await api.post("/generator/stop")
    details = (await settled(api, "STOPPED"))["details"]
    assert details["acknowledged"] == details["produced"] == len(kept.events()) > 0
    assert (details["done"], details["target_rate"]) == (False, 50)


async def test_a_number_of_events_ends_in_stopped(api: httpx.AsyncClient, kept: Any) -> None:
    await api.post("/generator/start", json={"rate": 0, "num_events": 3_000, "seed": 3})
    details = (await settled(api, "STOPPED"))["details"]
    assert len(kept.events()) == 3_000
    assert (details["acknowledged"], details["done"], details["seed"]) == (3_000, True, 3)
    assert sum(details["per_topic"].values()) == 3_000
    assert 'shoplake_events_produced_total{topic="page-views"}' in (await api.get("/metrics")).text


@pytest.mark.parametrize("body", [{"rate": -1}, {"num_events": 0}, {"speed": 3}, {"invalid_ratio": 0.9}])
async def test_nonsense_is_refused(api: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await api.post("/generator/start", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await api.get("/generator/status")).json()["state"] == "STOPPED"


async def test_another_config_while_running_is_a_conflict(api: httpx.AsyncClient) -> None:
    await api.post("/generator/start", json={})
    await settled(api, "RUNNING")
    assert (await api.post("/generator/start", json={"rate": 7})).status_code == 409


async def test_pause_and_resume(api: httpx.AsyncClient) -> None:
    await api.post("/generator/start", json={})
    await settled(api, "RUNNING")
    assert (await api.post("/generator/pause")).status_code == 200
    paused = await settled(api, "PAUSED")
    assert (await api.post("/generator/resume")).status_code == 200
    resumed = await settled(api, "RUNNING")
    assert resumed["details"]["run_id"] == paused["details"]["run_id"]


def test_the_real_app_is_made_without_a_broker() -> None:
    assert isinstance(create_app(Settings()), FastAPI)


async def test_the_distribution_is_of_the_last_run(api: httpx.AsyncClient) -> None:
    empty = (await api.get("/generator/distribution")).json()
    assert (empty["run_id"], empty["total"], empty["topics"]) == (None, 0, {})
    await api.post("/generator/start", json={"rate": 0, "num_events": 4_000, "seed": 3, "invalid_ratio": 0.1})
    details = (await settled(api, "STOPPED"))["details"]
    told = (await api.get("/generator/distribution")).json()
    assert (told["run_id"], told["total"], told["planted"]) == (details["run_id"], 4_000, details["planted"])
    assert sum(share["share"] for share in told["topics"].values()) == pytest.approx(1, abs=0.001)
    assert told["topics"]["page-views"]["events"] == details["per_topic"]["page-views"]
    assert set(told["event_types"]) > {"page_view", "purchase"}


async def test_runs_are_listed_with_what_they_were_asked_and_did(api: httpx.AsyncClient) -> None:
    for number in (100, 200):
        await api.post("/generator/start", json={"rate": 0, "num_events": number, "seed": number})
        await settled(api, "STOPPED")
    runs = (await api.get("/generator/runs")).json()["runs"]
    assert [(run["seed"], run["acknowledged"], run["done"]) for run in runs] == [(200, 200, True), (100, 100, True)]
    one = (await api.get(f"/generator/runs/{runs[1]['run_id']}")).json()
    assert one == runs[1]
    assert one["config"]["num_events"] == 100
    assert (await api.get("/generator/runs/nobody")).status_code == 404


async def test_every_scenario_says_what_it_is_and_can_be_started(api: httpx.AsyncClient) -> None:
    listed = (await api.get("/generator/scenarios")).json()["scenarios"]
    names = [scenario["name"] for scenario in listed]
    assert names == ["bot-attack", "broken-deploy", "flash-sale", "holiday", "quiet-night"]
    assert all(len(scenario["doc"]) > 40 for scenario in listed)
    for name in names:
        clock = {"clock": "2026-01-01T00:00:00Z", "rate": 10}
        body = {"num_events": 50, "seed": 1, "scenario": name} | clock
        assert (await api.post("/generator/start", json=body)).status_code == 200
        assert (await settled(api, "STOPPED"))["details"]["acknowledged"] == 50
