"""What goes wrong in a job: tried again, or FAILED with code, message and remedy."""

from itertools import islice

import pytest
from shoplake_contracts.errors import BrokerUnavailable, JvmGone, WriterConflict
from shoplake_contracts.states import State
from shoplake_service_kit.retry import retry_delays
from shoplake_service_kit.runner import UNFORESEEN, JobRunner
from shoplake_service_kit.testing import PATIENCE, WORKED, ScriptedConfig, ScriptedJob

Runner = JobRunner[ScriptedConfig]


def start(runner: Runner, job: ScriptedJob) -> None:
    """Into the first step, which waits for its outcome."""
    runner.start()
    job.opens()
    job.expect("open", "step")


def reaches(runner: Runner, state: State) -> bool:
    return runner.wait_for(state, timeout=PATIENCE)


def test_a_transient_is_shown_and_tried_again(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    job.does(BrokerUnavailable("no broker at 9092"))
    job.expect("step")
    status = runner.status()
    assert status.state is State.RUNNING
    assert status.error is not None
    assert (status.error.code, status.error.message) == ("broker_unavailable", "no broker at 9092")
    job.does(WORKED)
    job.expect("step")
    assert runner.status().error is None


def test_a_transient_while_opening_is_tried_again(runner: Runner, job: ScriptedJob) -> None:
    runner.start()
    job.opens(BrokerUnavailable("not yet"))
    job.expect("open", "close", "open")
    assert runner.state is State.STARTING
    job.opens()
    job.expect("step")


def test_back_off_doubles_up_to_its_limit() -> None:
    assert list(islice(retry_delays(1, 30), 7)) == [1, 2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize(
    ("error", "code", "message", "fatal"),
    [
        (WriterConflict("bronze-2 published"), "writer_conflict", "bronze-2 published", False),
        (JvmGone("no answer"), "jvm_gone", "no answer", True),
    ],
)
def test_a_refusal_or_the_fatal_fails_the_service_at_once(
    runner: Runner, job: ScriptedJob, error: Exception, code: str, message: str, *, fatal: bool
) -> None:
    start(runner, job)
    job.does(error)
    job.expect("close")
    assert reaches(runner, State.FAILED)
    fault = runner.status().error
    assert fault is not None
    assert (fault.code, fault.message) == (code, message)
    assert fault.remedy
    assert runner.fatal.is_set() is fatal


def test_the_unforeseen_is_tried_again_a_few_times_and_then_fails(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    for _ in range(UNFORESEEN):
        job.does(ZeroDivisionError("by nought"))
        job.expect("step")
    assert runner.state is State.RUNNING
    job.does(ZeroDivisionError("by nought"))
    job.expect("close")
    assert reaches(runner, State.FAILED)
    fault = runner.status().error
    assert fault is not None
    assert (fault.code, fault.message) == ("internal_error", "ZeroDivisionError: by nought")


def test_a_step_that_went_well_forgets_what_was_unforeseen(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    for _ in range(3 * UNFORESEEN):
        job.does(ZeroDivisionError("by nought"), WORKED)
        job.expect("step", "step")
    assert runner.state is State.RUNNING


def test_an_open_that_fails_is_closed(runner: Runner, job: ScriptedJob) -> None:
    runner.start()
    job.opens(RuntimeError("no java"))
    job.expect("open", "close")
    assert reaches(runner, State.FAILED)


def test_start_from_failed_is_a_fresh_open(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    job.does(WriterConflict("other"))
    assert reaches(runner, State.FAILED)
    runner.start()
    job.opens()
    job.expect("close", "open", "step")
    assert runner.status().error is None


def test_stop_clears_a_failure(runner: Runner, job: ScriptedJob) -> None:
    start(runner, job)
    job.does(WriterConflict("other"))
    assert reaches(runner, State.FAILED)
    assert runner.stop().state is State.STOPPED
    assert runner.status().error is None
