"""What a service was told survives a restart, and a broker that is away."""

import asyncio

import pytest
from anyio.to_thread import run_sync
from shoplake_contracts.errors import BrokerUnavailable
from shoplake_contracts.states import State
from shoplake_service_kit.desired import DefaultState, DesiredState
from shoplake_service_kit.outbox import Outbox
from shoplake_service_kit.runner import JobRunner
from shoplake_service_kit.settings import KafkaSettings
from shoplake_service_kit.state import Desired, StateStore
from shoplake_service_kit.testing import PATIENCE, MemoryTopic, ScriptedConfig, ScriptedJob

pytestmark = pytest.mark.anyio
Runner = JobRunner[ScriptedConfig]
DEFAULTS: list[tuple[DefaultState, State]] = [(State.RUNNING, State.STARTING), (State.STOPPED, State.STOPPED)]


class MemoryStore(StateStore):
    """A topic in memory that fails as often as told."""

    def __init__(self, stored: Desired | None = None, failures: int = 0) -> None:
        self.stored = stored
        self.failures = failures
        self.saves = asyncio.Queue[Desired]()

    async def load(self) -> Desired | None:
        return self.stored

    async def save(self, desired: Desired) -> None:
        if self.failures:
            self.failures -= 1
            raise BrokerUnavailable("away")
        self.stored = desired
        self.saves.put_nowait(desired)


def desired(runner: Runner, store: StateStore | None, default: DefaultState = State.RUNNING) -> DesiredState:
    return DesiredState(runner, store, default)


@pytest.mark.parametrize(("default", "state"), DEFAULTS)
async def test_never_told_means_the_default(runner: Runner, default: DefaultState, state: State) -> None:
    await desired(runner, MemoryStore(), default).restore()
    assert runner.state is state


async def test_running_with_its_config(runner: Runner, job: ScriptedJob) -> None:
    store = MemoryStore(Desired(state=State.RUNNING, config={"rate": 77}))
    await desired(runner, store, State.STOPPED).restore()
    await run_sync(job.expect, "open")
    assert job.configs == [ScriptedConfig(rate=77)]


async def test_stopped_stays_stopped_and_keeps_its_config(runner: Runner) -> None:
    await desired(runner, MemoryStore(Desired(state=State.STOPPED, config={"rate": 77}))).restore()
    assert (runner.state, runner.config.rate) == (State.STOPPED, 77)


async def test_paused_is_paused_before_the_first_step(runner: Runner, job: ScriptedJob) -> None:
    await desired(runner, MemoryStore(Desired(state=State.PAUSED))).restore()
    job.opens()
    assert await run_sync(lambda: runner.wait_for(State.PAUSED, timeout=PATIENCE))


async def test_a_config_of_another_version_gives_way_to_the_default(runner: Runner) -> None:
    await desired(runner, MemoryStore(Desired(state=State.STOPPED, config={"pace": 1}))).restore()
    assert runner.config == ScriptedConfig()


async def test_a_control_call_before_the_load_wins(runner: Runner) -> None:
    store = MemoryStore(Desired(state=State.RUNNING))
    keeper = desired(runner, store)
    saving = asyncio.create_task(keeper.keep_saving())
    runner.stop()
    await keeper.remember()
    await keeper.restore()
    assert runner.state is State.STOPPED
    assert store.stored == Desired(state=State.STOPPED, config={"rate": 10})
    saving.cancel()


async def test_what_could_not_be_saved_is_saved_later_the_newest_only(
    runner: Runner, job: ScriptedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shoplake_service_kit.desired.SAVE_SECONDS", 0)
    store = MemoryStore(failures=1)
    keeper = desired(runner, store)
    runner.start()
    await keeper.remember()
    runner.stop()
    job.opens()
    await keeper.remember()
    saving = asyncio.create_task(keeper.keep_saving())
    async with asyncio.timeout(PATIENCE):
        assert (await store.saves.get()).state is State.STOPPED
    assert store.saves.empty()
    saving.cancel()


def store(topic: MemoryTopic) -> StateStore:
    return StateStore(KafkaSettings(), "shop", Outbox(lambda: None), read=lambda: topic)


RUNNING = b'{"service":"shop","state":"RUNNING","config":{"rate":5}}'
STOPPED = b'{"service":"shop","state":"STOPPED","config":{}}'


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], None),
        ([(b"other", STOPPED)], None),
        (
            [(b"shop", STOPPED), (b"shop", RUNNING), (b"other", STOPPED)],
            Desired(state=State.RUNNING, config={"rate": 5}),
        ),
        ([(b"shop", RUNNING), (b"shop", None)], None),
        ([(b"shop", b"no json")], None),
        ([(b"shop", b'{"state":"DANCING"}')], None),
    ],
)
async def test_load_takes_the_newest_of_its_own_key(
    records: list[tuple[bytes, bytes | None]], expected: Desired | None
) -> None:
    topic = MemoryTopic("pipeline-state", *records)
    assert await store(topic).load() == expected
    assert topic.stopped


async def test_load_says_when_kafka_is_away() -> None:
    topic = MemoryTopic("pipeline-state", missing=True)
    with pytest.raises(BrokerUnavailable):
        await store(topic).load()
    assert topic.stopped
