"""A service comes up and goes down in the right order, with a broker that is away from the start."""

import pytest
from anyio.to_thread import run_sync
from shoplake_contracts.states import State
from shoplake_service_kit.app import Service, create_app
from shoplake_service_kit.runner import JobRunner
from shoplake_service_kit.settings import ControlSettings, KafkaSettings
from shoplake_service_kit.testing import PATIENCE, WORKED, ScriptedConfig, ScriptedJob, client

pytestmark = pytest.mark.anyio
Runner = JobRunner[ScriptedConfig]


@pytest.fixture
def nowhere() -> KafkaSettings:
    """A port on which nothing listens."""
    return KafkaSettings(bootstrap="127.0.0.1:9")


async def test_without_kafka_the_api_serves_and_the_job_waits(
    runner: Runner, control: ControlSettings, nowhere: KafkaSettings
) -> None:
    async with client(create_app(Service("shop", "/shop", "1.0", runner), control, nowhere)) as api:
        assert (await api.get("/livez")).status_code == 200
        answer = await api.get("/readyz?verbose")
        assert answer.status_code == 503
        assert answer.json()["checks"] == {"job": True, "desired_state": False, "topics": False}
        assert (await api.get("/shop/status")).json()["state"] == "STOPPED"
        assert 'shoplake_messages_dropped_total{service="shop"} 0.0' in (await api.get("/metrics")).text


async def test_without_kafka_a_control_call_is_obeyed(
    runner: Runner,
    job: ScriptedJob,
    control: ControlSettings,
    nowhere: KafkaSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shoplake_service_kit.desired.SAVE_SECONDS", 0)
    async with client(create_app(Service("shop", "/shop", "1.0", runner), control, nowhere)) as api:
        job.opens()
        assert (await api.post("/shop/start")).status_code == 200
        assert await run_sync(lambda: runner.wait_for(State.RUNNING, timeout=PATIENCE))
        job.does(WORKED)


async def test_hooks_run_around_the_job(runner: Runner, job: ScriptedJob, control: ControlSettings) -> None:
    order: list[str] = []

    def hook(name: str) -> object:
        async def run() -> None:
            order.append(f"{name} while {runner.state}")

        return run

    service = Service(
        "shop", "/shop", "1.0", runner, on_start=[hook("a"), hook("b")], on_stop=[hook("a ends"), hook("b ends")]
    )
    job.opens()
    async with client(create_app(service, control, None)):
        assert await run_sync(lambda: runner.wait_for(State.RUNNING, timeout=PATIENCE))
        job.does(WORKED)
    assert order == ["a while STOPPED", "b while STOPPED", "b ends while STOPPED", "a ends while STOPPED"]


async def test_a_step_that_outlasts_the_deadline_is_reported(runner: Runner, job: ScriptedJob) -> None:
    app = create_app(Service("shop", "/shop", "1.0", runner), ControlSettings(stop_seconds=0.01), None)
    job.opens()
    async with client(app):
        await run_sync(job.expect, "open", "step")
    assert not app.state.plant.clean
    assert runner.state is State.STOPPING
