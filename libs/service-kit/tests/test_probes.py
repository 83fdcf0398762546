"""Liveness, readiness and the scrape."""

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


async def reach(runner: Runner, state: State) -> None:
    assert await run_sync(lambda: runner.wait_for(state, timeout=PATIENCE))


async def test_starting_is_alive_but_not_ready(runner: Runner, job: ScriptedJob, control: ControlSettings) -> None:
    async with client(create_app(Service("shop", "/shop", "1.0", runner), control, None)) as api:
        await run_sync(job.expect, "open")
        assert (await api.get("/livez")).json() == {"alive": True}
        answer = await api.get("/readyz?verbose")
        assert answer.status_code == 503
        assert answer.json() == {
            "ready": False,
            "checks": {"job": False, "desired_state": True, "topics": True},
        }
        job.opens()
        await reach(runner, State.RUNNING)
        assert (await api.get("/readyz")).json() == {"ready": True}
        job.does(WriterConflict("gone"))
        await reach(runner, State.FAILED)
        assert (await api.get("/readyz")).status_code == 503


async def test_a_services_own_check_counts(control: ControlSettings) -> None:
    service = Service("shop", "/shop", "1.0", ready=lambda: {"catalog": False})
    async with client(create_app(service, control, None)) as api:
        answer = await api.get("/readyz?verbose=true")
        assert (answer.status_code, answer.json()["checks"]["catalog"]) == (503, False)


async def test_scrape(runner: Runner, job: ScriptedJob, control: ControlSettings) -> None:
    service = Service("shop", "/shop", "1.0", runner, default_state=State.STOPPED)
    async with client(create_app(service, control, None)) as api:
        await api.post("/shop/pause")
        await api.post("/shop/stop")
        await api.get("/shop/status")
        lines = set((await api.get("/metrics")).text.splitlines())
        assert 'shoplake_control_calls_total{service="shop",status="409"} 1.0' in lines
        assert 'shoplake_control_calls_total{service="shop",status="200"} 1.0' in lines
        assert 'shoplake_service_state{service="shop",state="STOPPED"} 1.0' in lines
        assert 'shoplake_service_state{service="shop",state="RUNNING"} 0.0' in lines
        assert memory(lines) > 1_000_000
        job.opens()
        await api.post("/shop/start")
        await reach(runner, State.RUNNING)
        assert 'shoplake_service_state{service="shop",state="RUNNING"} 1.0' in (await scrape(api))
        job.does(WORKED)


async def scrape(api: httpx.AsyncClient) -> set[str]:
    return set((await api.get("/metrics")).text.splitlines())


def memory(lines: set[str]) -> float:
    (line,) = (line for line in lines if line.startswith("shoplake_process_resident_memory_bytes{"))
    return float(line.split()[-1])
