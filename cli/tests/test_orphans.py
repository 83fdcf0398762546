"""A supervisor that is killed leaves nothing behind: not at once on Linux, and nowhere after `down`."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from shoplake_cli.stack.down import bring_down
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.ports import Ports
from shoplake_cli.stack.state import Process, StackState, running

SUPERVISOR = """
import sys, time
from shoplake_cli.stack.child import Child, Command
child = Child(Command("service", [sys.executable, "-I", "-c", "import time; time.sleep(600)"]), print)
print(child.pid, flush=True)
time.sleep(600)
"""


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a process to its parent")
def test_children_die_with_a_killed_supervisor(until: Callable[..., None]) -> None:
    with subprocess.Popen([sys.executable, "-c", SUPERVISOR], stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout
        child = int(supervisor.stdout.readline())
        assert alive(child)
        supervisor.kill()
    until(lambda: not alive(child))


def test_down_ends_what_outlived_its_supervisor(home: Home, until: Callable[..., None]) -> None:
    sleeper = [sys.executable, "-I", "-c", "import time; time.sleep(600)"]
    with subprocess.Popen(sleeper, start_new_session=True) as left:
        process = Process.of(left.pid)
        gone = Process(pid=999_999_999, created=0.0)
        StackState(gone, Ports(), processes={"bronze-ingest": process} if process else {}).write(home)
        said: list[str] = []
        assert bring_down(home, said.append)
        until(lambda: left.poll() is not None)
        assert left.returncode == -signal.SIGKILL
    assert not home.state_file.exists()


def test_down_spares_a_stranger_that_has_the_number_of_an_old_process(home: Home) -> None:
    stranger = Process(os.getpid(), created=1.0)
    StackState(Process(999_999_999, 0.0), Ports(), processes={"gold-batch": stranger}).write(home)
    assert not bring_down(home, lambda _: None)
    assert alive(os.getpid())


def test_down_is_idempotent(home: Home) -> None:
    assert not bring_down(home, lambda _: None)
    assert not bring_down(home, lambda _: None)


def test_down_stops_a_living_supervisor_and_waits_for_it(home: Home, tmp_path: Path) -> None:
    mark = tmp_path / "finished"
    source = (
        "import signal, sys, time\n"
        f"signal.signal(signal.SIGTERM, lambda *_: (open({str(mark)!r}, 'w').close(), sys.exit(0)))\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-I", "-c", source], stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout
        supervisor.stdout.readline()
        process = Process.of(supervisor.pid)
        assert process
        StackState(process, Ports()).write(home)
        assert running(home)
        assert bring_down(home, lambda _: None)
        assert mark.exists()
    assert running(home) is None


def test_the_state_file_is_replaced_whole(home: Home) -> None:
    state = StackState(Process(1, 2.0), Ports.from_base(6000), processes={"kafka": Process(3, 4.0, 5)})
    state.write(home)
    assert json.loads(home.state_file.read_text())["ports"]["kafka"] == 6005
    assert [path.name for path in home.run.iterdir()] == ["stack.json"]
