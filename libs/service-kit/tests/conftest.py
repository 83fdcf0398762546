"""Fixtures shared by the kit's tests."""

from collections.abc import Iterator

import pytest
from shoplake_contracts.states import State
from shoplake_service_kit.runner import JobRunner
from shoplake_service_kit.settings import ControlSettings
from shoplake_service_kit.testing import PATIENCE, WORKED, ScriptedConfig, ScriptedJob


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def job() -> ScriptedJob:
    return ScriptedJob()


@pytest.fixture
def seen() -> list[State]:
    """Every state that was announced, in order."""
    return []


@pytest.fixture
def runner(job: ScriptedJob, seen: list[State]) -> Iterator[JobRunner[ScriptedConfig]]:
    """An hour of idle time, so that only a wake-up can end it; back-off without delay."""
    runner = JobRunner(
        job, ScriptedConfig, idle_seconds=3600, on_change=lambda now: seen.append(now.state), retry_seconds=(0, 0)
    )
    yield runner
    runner.stop()
    job.opens()
    job.does(WORKED)
    assert runner.join(PATIENCE)


@pytest.fixture
def control() -> ControlSettings:
    return ControlSettings()
