"""A served process: up at once, and SIGTERM means the step in hand is finished and the exit code is 0."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from shoplake_contracts.errors import PortInUse
from shoplake_service_kit.app import Service, create_app, serve
from shoplake_service_kit.serving import FATAL_EXIT
from shoplake_service_kit.settings import ControlSettings
from shoplake_service_kit.testing import PATIENCE

SERVICE = '''
import sys, threading
from shoplake_service_kit.app import Service, create_app, serve
from shoplake_service_kit.job import Config
from shoplake_service_kit.runner import JobRunner
from shoplake_service_kit.settings import ControlSettings

class Slow:
    """A step that says when it began, and is in hand until a line comes in."""
    def open(self, config): pass
    def step(self):
        print("step began", flush=True)
        sys.stdin.readline()
        print("step ended", flush=True)
        return True
    def close(self): print("closed", flush=True)
    def details(self): return {}

runner = JobRunner(Slow(), Config)
serve(create_app(Service("slow", "/slow", "1", runner), ControlSettings(), None), "127.0.0.1", int(sys.argv[1]))
print("served", flush=True)
'''


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number: int = listener.getsockname()[1]
    return number


@pytest.fixture
def process(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    script = tmp_path / "slow.py"
    script.write_text(SERVICE)
    with subprocess.Popen(
        [sys.executable, str(script), str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    ) as child:
        guard = threading.Timer(6 * PATIENCE, child.kill)
        guard.start()
        yield child
        child.kill()
        guard.cancel()


def said(process: subprocess.Popen[str], line: str) -> bool:
    assert process.stdout is not None
    return process.stdout.readline().strip() == line


def answers(port: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
        except httpx.TransportError:
            continue
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_the_step_in_hand(process: subprocess.Popen[str], port: int, number: int) -> None:
    assert said(process, "step began")
    assert answers(port)
    process.send_signal(number)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("the step in hand ends, those that may follow end at once\n")
    process.stdin.close()
    lines = process.stdout.read().splitlines()
    assert lines[0] == "step ended"
    assert lines[-3:] == ["step ended", "closed", "served"]
    assert process.wait(PATIENCE) == 0


def test_a_taken_port_is_named_before_anything_starts() -> None:
    app = create_app(Service("shop", "/shop", "1.0"), ControlSettings(), None)
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(PortInUse, match="Cannot listen on 127"):
        serve(app, "127.0.0.1", listener.getsockname()[1])


FATAL = SERVICE.replace("class Slow:", "from shoplake_contracts.errors import JvmGone\n\nclass Slow:").replace(
    'print("step began", flush=True)', 'raise JvmGone("gone")'
)


def test_a_fatal_error_ends_the_process_with_its_own_exit_code(tmp_path: Path, port: int) -> None:
    script = tmp_path / "fatal.py"
    script.write_text(FATAL.replace("serve(", "runner.start()\nserve("))
    done = subprocess.run([sys.executable, str(script), str(port)], timeout=6 * PATIENCE, check=False)
    assert done.returncode == FATAL_EXIT
