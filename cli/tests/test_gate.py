"""Waiting for a part of the stack: it comes true, or ends with a reason."""

import io
from collections.abc import Callable, Iterator

import pytest
from shoplake_cli.stack.child import Command
from shoplake_cli.stack.gate import Gate, StopRequestedError
from shoplake_cli.stack.output import Output
from shoplake_cli.stack.supervisor import Supervisor
from shoplake_contracts.errors import StartFailed


class Ticking:
    """A clock that goes a second further each time it is looked at."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def supervisor(output: Output) -> Iterator[Supervisor]:
    supervisor = Supervisor(output, lambda *_: None, clock=Ticking())
    yield supervisor
    supervisor.stop(supervisor.names(), grace=0)
    output.close()


def gate(supervisor: Supervisor, output: Output, *, stop: bool = False) -> Gate:
    return Gate(supervisor, output, lambda: stop, clock=Ticking(), sleep=lambda _: None)


def test_it_returns_when_it_comes_true(supervisor: Supervisor, output: Output) -> None:
    answers = iter([False, False, True])
    gate(supervisor, output).wait("kafka", lambda: next(answers), [], 60)
    assert list(answers) == []


def test_the_deadline_ends_it_and_progress_was_shown(
    supervisor: Supervisor, output: Output, terminal: io.StringIO
) -> None:
    output.child("silver-process", "cannot open the catalog")
    supervisor.launch(Command("silver-process", ["sleep", "600"]))
    with pytest.raises(StartFailed) as failed:
        gate(supervisor, output).wait("silver to be ready", lambda: False, ["silver-process"], 60)
    assert "silver to be ready: not after 60 s" in failed.value.message
    assert "cannot open the catalog" in failed.value.message
    assert "waiting for silver to be ready" in terminal.getvalue()


def test_a_process_that_keeps_crashing_ends_it_early_with_its_log(
    supervisor: Supervisor, output: Output, program: Callable[[str, str], Command], until: Callable[..., None]
) -> None:
    supervisor.launch(program("bronze-ingest", "print('no module named pyspark'); raise SystemExit(1)"))

    def crashed_often() -> bool:
        supervisor.tick()
        return supervisor.restarts("bronze-ingest") >= 3

    until(crashed_often)
    with pytest.raises(StartFailed, match="bronze-ingest keeps crashing") as failed:
        gate(supervisor, output).wait("bronze", lambda: False, ["bronze-ingest"], 10_000)
    assert "no module named pyspark" in failed.value.message


def test_a_wish_to_stop_ends_it(supervisor: Supervisor, output: Output) -> None:
    with pytest.raises(StopRequestedError):
        gate(supervisor, output, stop=True).wait("kafka", lambda: False, [], 60)
