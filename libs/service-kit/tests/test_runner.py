"""The control state machine, driven call by call."""

import pytest
from pydantic import BaseModel
from shoplake_contracts.errors import ChangeInProgress, ConfigDiffers, NotRunning
from shoplake_contracts.states import State
from shoplake_service_kit.runner import JobRunner
from shoplake_service_kit.snapshot import Snapshot
from shoplake_service_kit.testing import IDLE, PATIENCE, WORKED, ScriptedConfig, ScriptedJob

Runner = JobRunner[ScriptedConfig]


def start(runner: Runner, job: ScriptedJob) -> None:
    """Into the first step, which waits for its outcome."""
    runner.start()
    job.opens()
    job.expect("open", "step")


def reaches(runner: Runner, state: State) -> bool:
    return runner.wait_for(state, timeout=PATIENCE)


def test_starting_until_open_returned(runner: Runner, job: ScriptedJob, seen: list[State]) -> None:
    assert runner.start().state is State.STARTING
    job.expect("open")
    assert runner.state is State.STARTING
    job.opens()
    job.expect("step")
    assert runner.state is State.RUNNING
    assert seen == [State.STARTING, State.RUNNING]


def test_a_step_that_did_something_is_followed_at_once(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    job.does(WORKED, WORKED)
    job.expect("step", "step")
    assert runner.state is State.RUNNING


def test_an_idle_wait_ends_by_wake(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    job.does(IDLE)
    runner.wake()
    job.expect("step")
    assert runner.state is State.RUNNING


def test_a_wake_during_a_step_is_remembered(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    runner.wake()
    job.does(IDLE)
    job.expect("step")
    assert runner.state is State.RUNNING


def test_stop_finishes_the_step_in_hand_then_closes(runner: Runner, job: ScriptedJob, seen: list[State]) -> None:
    start(runner, job)
    assert runner.stop().state is State.STOPPING
    assert job.calls.empty()
    job.does(WORKED)
    job.expect("close")
    assert reaches(runner, State.STOPPED)
    assert seen[-2:] == [State.STOPPING, State.STOPPED]


def test_stop_is_idempotent(runner: Runner, job: ScriptedJob) -> None:
    assert runner.stop().state is State.STOPPED
    start(runner, job)
    runner.stop()
    assert runner.stop().state is State.STOPPING
    job.does(WORKED)
    assert reaches(runner, State.STOPPED)
    assert runner.stop().state is State.STOPPED


def test_stop_during_starting_is_honoured_once_open_returned(runner: Runner, job: ScriptedJob) -> None:
    runner.start()
    job.expect("open")
    assert runner.stop().state is State.STOPPING
    job.opens()
    job.expect("close")
    assert reaches(runner, State.STOPPED)


def test_stop_ends_an_idle_wait(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    job.does(IDLE)
    runner.stop()
    job.expect("close")
    assert reaches(runner, State.STOPPED)


def test_pause_finishes_the_step_and_keeps_the_job_open(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    assert runner.pause().state is State.RUNNING
    job.does(WORKED)
    assert reaches(runner, State.PAUSED)
    assert runner.resume().state is State.PAUSED
    job.expect("step")
    assert runner.state is State.RUNNING


def test_pause_during_starting_comes_before_the_first_step(runner: Runner, job: ScriptedJob) -> None:
    runner.start()
    runner.pause()
    job.opens()
    assert reaches(runner, State.PAUSED)
    job.expect("open")
    assert job.calls.empty()


def test_a_paused_job_can_be_stopped(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    runner.pause()
    job.does(IDLE)
    assert reaches(runner, State.PAUSED)
    runner.stop()
    job.expect("close")
    assert reaches(runner, State.STOPPED)


def test_start_ends_a_pause(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    runner.pause()
    job.does(WORKED)
    assert reaches(runner, State.PAUSED)
    runner.start()
    job.expect("step")


@pytest.mark.parametrize("wish", [Runner.pause, Runner.resume])
def test_what_does_not_run_cannot_be_paused_or_resumed(runner: Runner, wish: object) -> None:
    assert callable(wish)
    with pytest.raises(NotRunning, match="STOPPED"):
        wish(runner)


def test_start_with_the_same_config_is_a_no_op(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    assert runner.start(ScriptedConfig(rate=10)).state is State.RUNNING
    assert runner.start().state is State.RUNNING
    assert len(job.configs) == 1


def test_start_with_another_config_is_refused(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    with pytest.raises(ConfigDiffers):
        runner.start(ScriptedConfig(rate=11))
    assert runner.config.rate == 10


def test_start_while_stopping_is_refused(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    runner.stop()
    with pytest.raises(ChangeInProgress):
        runner.start()
    with pytest.raises(ChangeInProgress):
        runner.restart()


def test_the_config_of_a_start_is_kept_for_the_next(runner: Runner, job: ScriptedJob) -> None:
    runner.start(ScriptedConfig(rate=3))
    job.opens()
    job.expect("open", "step")
    runner.stop()
    job.does(WORKED)
    assert reaches(runner, State.STOPPED)
    runner.start()
    job.opens()
    job.expect("close", "open")
    assert [config.rate for config in job.configs] == [3, 3]


def test_restart_closes_and_opens_again(runner: Runner, job: ScriptedJob, seen: list[State]) -> None:
    start(runner, job)
    assert runner.restart().state is State.STOPPING
    job.does(WORKED)
    job.opens()
    job.expect("close", "open", "step")
    assert seen == [State.STARTING, State.RUNNING, State.STOPPING, State.STARTING, State.RUNNING]


def test_stop_takes_back_a_restart(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    runner.restart()
    runner.stop()
    job.does(WORKED)
    assert reaches(runner, State.STOPPED)
    assert len(job.configs) == 1


def test_put_config_reopens_a_job_that_is_up(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    runner.put_config(ScriptedConfig(rate=99))
    job.does(WORKED)
    job.opens()
    job.expect("close", "open")
    assert [config.rate for config in job.configs] == [10, 99]


def test_put_config_keeps_a_pause(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    runner.pause()
    job.does(WORKED)
    assert reaches(runner, State.PAUSED)
    runner.put_config(ScriptedConfig(rate=99))
    job.opens()
    job.expect("close", "open")
    assert reaches(runner, State.PAUSED)


def test_put_config_of_a_stopped_job_waits_for_its_start(runner: Runner, job: ScriptedJob) -> None:
    assert runner.put_config(ScriptedConfig(rate=99)).config.rate == 99
    assert runner.state is State.STOPPED
    assert job.calls.empty()


def test_intent_is_what_was_asked_for_last(runner: Runner, job: ScriptedJob) -> None:
    assert runner.intent is State.STOPPED
    start(runner, job)
    assert runner.intent is State.RUNNING
    runner.pause()
    assert runner.intent is State.PAUSED
    runner.restart()
    assert runner.intent is State.RUNNING
    runner.stop()
    assert runner.intent is State.STOPPED


def test_status_carries_the_jobs_figures(runner: Runner, job: ScriptedJob) -> None:
    job.figures["published"] = 12
    assert runner.status().details == {"published": 12}


def test_a_broken_watcher_does_not_stop_the_work(runner: Runner, job: ScriptedJob, seen: list[State]) -> None:
    def broken(_: Snapshot[ScriptedConfig]) -> None:
        raise RuntimeError

    runner.watch(broken)
    start(runner, job)
    assert seen[-1] is State.RUNNING


def test_a_config_that_accepts_unknown_fields_is_refused(job: ScriptedJob) -> None:
    class Lax(ScriptedConfig):
        model_config = {"extra": "ignore"}  # noqa: RUF012 - pydantic's own form

    assert issubclass(Lax, BaseModel)
    with pytest.raises(TypeError, match="Lax accepts unknown fields"):
        JobRunner(job, Lax)
