"""The control routes over HTTP: what is asked, what is answered, what the job did."""

from collections.abc import AsyncIterator

import httpx
import pytest
from anyio.to_thread import run_sync
from shoplake_contracts.errors import WriterConflict
from shoplake_contracts.states import State
from shoplake_service_kit.app import Service, create_app
from shoplake_service_kit.runner import JobRunner
from shoplake_service_kit.settings import ControlSettings
from shoplake_service_kit.testing import PATIENCE, WORKED, ScriptedConfig, ScriptedJob, client

pytestmark = pytest.mark.anyio
Runner = JobRunner[ScriptedConfig]


@pytest.fixture
async def api(runner: Runner, job: ScriptedJob, control: ControlSettings) -> AsyncIterator[httpx.AsyncClient]:
    """A service that does nothing until it is asked to."""
    service = Service("shop", "/shop", "1.0", runner, default_state=State.STOPPED)
    async with client(create_app(service, control, None)) as session:
        yield session
        job.opens()
        job.does(WORKED)


async def reach(runner: Runner, state: State) -> None:
    assert await run_sync(lambda: runner.wait_for(state, timeout=PATIENCE))


async def run(api: httpx.AsyncClient, runner: Runner, job: ScriptedJob) -> None:
    job.opens()
    assert (await api.post("/shop/start")).status_code == 200
    await reach(runner, State.RUNNING)


async def test_status_of_a_stopped_service(api: httpx.AsyncClient, job: ScriptedJob) -> None:
    job.figures["published"] = 7
    body = (await api.get("/shop/status")).json()
    assert body.pop("since")
    assert body == {
        "service": "shop",
        "state": "STOPPED",
        "config": {"rate": 10},
        "error": None,
        "details": {"published": 7},
    }


@pytest.mark.parametrize("body", [b"", b"{}"])
async def test_start_without_a_config_just_works(api: httpx.AsyncClient, job: ScriptedJob, body: bytes) -> None:
    answer = await api.post("/shop/start", content=body, headers={"content-type": "application/json"} if body else {})
    assert answer.status_code == 200
    assert answer.json()["state"] == "STARTING"
    await run_sync(job.expect, "open")


async def test_start_with_a_config_uses_it(api: httpx.AsyncClient, job: ScriptedJob) -> None:
    assert (await api.post("/shop/start", json={"rate": 5})).json()["config"] == {"rate": 5}
    await run_sync(job.expect, "open")
    assert job.configs == [ScriptedConfig(rate=5)]


async def test_same_config_again_is_the_status(api: httpx.AsyncClient, runner: Runner, job: ScriptedJob) -> None:
    await run(api, runner, job)
    again = await api.post("/shop/start", json={"rate": 10})
    assert (again.status_code, again.json()["state"]) == (200, "RUNNING")


async def test_another_config_while_running_is_409(api: httpx.AsyncClient, runner: Runner, job: ScriptedJob) -> None:
    await run(api, runner, job)
    answer = await api.post("/shop/start", json={"rate": 11})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "config_differs"


async def test_nothing_asked_for_never_differs(api: httpx.AsyncClient, runner: Runner, job: ScriptedJob) -> None:
    job.opens()
    await api.post("/shop/start", json={"rate": 3})
    await reach(runner, State.RUNNING)
    assert (await api.post("/shop/start", json={})).json()["config"] == {"rate": 3}


async def test_stop_twice(api: httpx.AsyncClient, runner: Runner, job: ScriptedJob) -> None:
    await run(api, runner, job)
    assert (await api.post("/shop/stop")).json()["state"] == "STOPPING"
    job.does(WORKED)
    await reach(runner, State.STOPPED)
    assert (await api.post("/shop/stop")).json()["state"] == "STOPPED"


async def test_pause_and_resume(api: httpx.AsyncClient, runner: Runner, job: ScriptedJob) -> None:
    await run(api, runner, job)
    await api.post("/shop/pause")
    job.does(WORKED)
    await reach(runner, State.PAUSED)
    assert (await api.post("/shop/resume")).status_code == 200
    await reach(runner, State.RUNNING)


async def test_pause_of_a_stopped_service_is_409(api: httpx.AsyncClient) -> None:
    answer = await api.post("/shop/pause")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_running")


async def test_config_is_read_and_replaced(api: httpx.AsyncClient) -> None:
    assert (await api.get("/shop/config")).json() == {"rate": 10}
    assert (await api.put("/shop/config", json={"rate": 20})).json()["config"] == {"rate": 20}
    assert (await api.get("/shop/config")).json() == {"rate": 20}


async def test_restart_with_another_config(api: httpx.AsyncClient, runner: Runner, job: ScriptedJob) -> None:
    await run(api, runner, job)
    assert (await api.post("/shop/restart", json={"rate": 8})).json()["config"] == {"rate": 8}
    job.does(WORKED)
    await run_sync(job.expect, "open", "step", "close", "open")
    assert job.configs[-1].rate == 8


async def test_a_failure_shows_code_message_and_remedy(
    api: httpx.AsyncClient, runner: Runner, job: ScriptedJob
) -> None:
    await run(api, runner, job)
    job.does(WriterConflict("shop-2 published 5 s ago", facts={"topic": "purchases"}))
    await reach(runner, State.FAILED)
    body = (await api.get("/shop/status")).json()
    assert body["state"] == "FAILED"
    assert body["error"] == {
        "code": "writer_conflict",
        "message": "shop-2 published 5 s ago",
        "remedy": WriterConflict.remedy,
        "facts": {"topic": "purchases"},
    }


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"rate": "fast"}, ["rate"]),
        ({"pace": 1}, ["pace"]),
        ({"rate": "fast", "pace": 1}, ["pace", "rate"]),
        ([1], ["body"]),
    ],
)
async def test_a_body_that_does_not_fit_names_its_fields(
    api: httpx.AsyncClient, body: object, fields: list[str]
) -> None:
    answer = await api.post("/shop/start", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert sorted(fault["field"] for fault in answer.json()["errors"]) == fields


async def test_the_lifespan_starts_a_service_whose_default_is_running(
    runner: Runner, job: ScriptedJob, control: ControlSettings
) -> None:
    app = create_app(Service("shop", "/shop", "1.0", runner), control, None)
    job.opens()
    async with client(app):
        await reach(runner, State.RUNNING)
        job.does(WORKED)
    assert runner.state is State.STOPPED
    assert app.state.plant.clean


async def test_openapi_names_the_config_and_the_problem(api: httpx.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()
    start = document["paths"]["/shop/start"]["post"]
    assert set(start["responses"]) == {"200", "default"}
    assert start["responses"]["default"]["content"] == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }
    schemas = document["components"]["schemas"]
    assert schemas["ScriptedConfig"]["properties"]["rate"]["type"] == "integer"
    assert "HTTPValidationError" not in schemas
    assert schemas["Problem"]["properties"]["errors"]["anyOf"][0]["items"] == {
        "$ref": "#/components/schemas/FieldFault"
    }
