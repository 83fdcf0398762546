"""The supervisor over real, tiny processes; only its clock is a fake."""

import io
import os
from collections.abc import Callable, Iterator

import psutil
import pytest
from shoplake_cli.stack.child import Command
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.output import Output
from shoplake_cli.stack.supervisor import Supervisor

CRASH = "raise SystemExit(3)"
STAY = "import time; print('up', flush=True); time.sleep(600)"
GRACEFUL = """
import os, signal, sys, time
def end(*_):
    os.write(1, b'batch finished\\n')
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print('up', flush=True)
time.sleep(600)
"""
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
WITH_GRANDCHILD = f"""
import subprocess, sys, time
below = subprocess.Popen([sys.executable, '-c', {STUBBORN!r}])
print('below', below.pid, flush=True)
time.sleep(600)
"""


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Notes:
    """What the supervisor told of each process."""

    def __init__(self) -> None:
        self.pids: dict[str, list[int | None]] = {}
        self.restarts: dict[str, int] = {}

    def __call__(self, name: str, pid: int | None, restarts: int) -> None:
        self.pids.setdefault(name, []).append(pid)
        self.restarts[name] = restarts

    def pid(self, name: str) -> int:
        newest = self.pids[name][-1]
        assert newest is not None
        return newest


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def supervisor(output: Output, clock: Clock, notes: Notes) -> Iterator[Supervisor]:
    supervisor = Supervisor(output, notes, clock=clock)
    yield supervisor
    supervisor.stop(supervisor.names(), grace=0)
    output.close()


def test_a_crashed_process_is_started_again_after_its_wait_and_not_before(
    supervisor: Supervisor,
    clock: Clock,
    notes: Notes,
    program: Callable[[str, str], Command],
    until: Callable[..., None],
) -> None:
    def crashes(number: int) -> Callable[[], bool]:
        def seen() -> bool:
            supervisor.tick()
            return notes.restarts["bronze"] == number and notes.pids["bronze"][-1] is None

        return seen

    supervisor.launch(program("bronze", CRASH))
    for number, wait in enumerate((1, 2, 4), start=1):
        until(crashes(number))
        clock.now += wait - 0.01
        supervisor.tick()
        assert notes.pids["bronze"][-1] is None
        clock.now += 0.01
        supervisor.tick()
        assert notes.pids["bronze"][-1] is not None


def test_a_killed_process_comes_back_and_the_others_stay(
    supervisor: Supervisor,
    clock: Clock,
    notes: Notes,
    program: Callable[[str, str], Command],
    until: Callable[..., None],
) -> None:
    supervisor.launch(program("bronze", STAY))
    supervisor.launch(program("silver", STAY))
    killed, other = notes.pid("bronze"), notes.pid("silver")
    os.kill(killed, 9)

    def back() -> bool:
        supervisor.tick()
        clock.now += 1
        return notes.pids["bronze"][-1] not in (killed, None)

    until(back)
    assert notes.restarts["bronze"] == 1
    assert notes.pid("silver") == other


def test_stop_lets_a_process_finish_what_it_has_in_hand(
    supervisor: Supervisor, notes: Notes, home: Home, program: Callable[[str, str], Command], until: Callable[..., None]
) -> None:
    supervisor.launch(program("silver", GRACEFUL))
    pid = notes.pid("silver")
    until(lambda: "up" in read_log(home, "silver"))
    supervisor.stop(["silver"], grace=30)
    assert "batch finished" in read_log(home, "silver")
    assert not psutil.pid_exists(pid)
    assert notes.pids["silver"][-1] is None
    assert supervisor.names() == []


def test_stop_kills_only_after_the_grace(
    supervisor: Supervisor,
    clock: Clock,
    notes: Notes,
    home: Home,
    terminal: io.StringIO,
    program: Callable[[str, str], Command],
    until: Callable[..., None],
) -> None:
    supervisor.launch(program("gold", STUBBORN))
    pid = notes.pid("gold")
    until(lambda: "up" in read_log(home, "gold"))
    waits: list[float] = []

    def pass_time(seconds: float) -> None:
        assert psutil.pid_exists(pid)
        waits.append(seconds)
        clock.now += 1

    supervisor._sleep = pass_time
    supervisor.stop(["gold"], grace=30, hurry=lambda: len(waits) > 60)
    assert len(waits) >= 30
    assert "gold did not end in time and is killed" in terminal.getvalue()
    assert not psutil.pid_exists(pid)


def test_stop_in_a_hurry_does_not_wait(
    supervisor: Supervisor, clock: Clock, notes: Notes, program: Callable[[str, str], Command]
) -> None:
    supervisor.launch(program("gold", STUBBORN))
    pid = notes.pid("gold")
    began = clock.now
    supervisor.stop(["gold"], grace=30, hurry=lambda: True)
    assert clock.now == began
    assert not psutil.pid_exists(pid)


def test_what_a_killed_process_left_below_it_is_ended_as_well(
    supervisor: Supervisor, notes: Notes, home: Home, program: Callable[[str, str], Command], until: Callable[..., None]
) -> None:
    supervisor.launch(program("bronze", WITH_GRANDCHILD))
    until(lambda: "below" in read_log(home, "bronze"))
    below = int(read_log(home, "bronze").split("below ")[1].split()[0])
    os.kill(notes.pid("bronze"), 9)

    def gone() -> bool:
        supervisor.tick()
        return not psutil.pid_exists(below) or psutil.Process(below).status() == psutil.STATUS_ZOMBIE

    until(gone)
    assert notes.restarts["bronze"] == 1


def test_lines_go_to_the_log_and_with_the_name_in_front_to_the_terminal(
    supervisor: Supervisor,
    home: Home,
    terminal: io.StringIO,
    program: Callable[[str, str], Command],
    until: Callable[..., None],
) -> None:
    supervisor.launch(program("health", "print('one\\x1b[2Jtwo')"))
    until(lambda: "one" in terminal.getvalue())
    assert read_log(home, "health") == "one\x1b[2Jtwo\n"
    assert terminal.getvalue() == "health         | one\\x1b[2Jtwo\n"


def read_log(home: Home, name: str) -> str:
    path = home.log(name)
    return path.read_text() if path.exists() else ""
