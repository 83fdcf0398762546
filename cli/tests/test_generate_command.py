"""`shoplake generate` as a command: options, signals, exit codes, its page, and the script that is the same command."""

import json
import os
import re
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from shoplake_cli.generating.stop_signals import TWIN_SECONDS, StopSignals
from shoplake_cli.generating.wanted import Wanted
from shoplake_cli.main import app
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.ports import Ports
from shoplake_cli.stack.state import Phase, Process, StackState
from typer.testing import CliRunner

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "cli/scripts/event_generator.py"
PAGE = (ROOT / "docs/reference/generate.md").read_text(encoding="utf-8")
COMMAND = [sys.executable, "-m", "shoplake_cli.main", "generate"]
IDLE = {"run_id": None}
RUN = {"run_id": "r1", "produced": 20, "acknowledged": 20, "per_topic": {"page-views": 20}, "done": False}


class Generator(BaseHTTPRequestHandler):
    """Starts and stops as it is told; `stubborn` ones never come to rest."""

    state = "STOPPED"
    details: dict[str, object] = IDLE
    stubborn = False

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/generator/start":
            type(self).state, type(self).details = "RUNNING", RUN
        elif self.path == "/generator/stop" and not self.stubborn:
            type(self).state = "STOPPED"
        self._answer()

    def _answer(self) -> None:
        body = json.dumps({"state": self.state, "error": None, "details": self.details}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def generator(home: Home) -> Iterator[type[Generator]]:
    """The service of a stack in `home`, as the commands find it."""
    kind = type("Own", (Generator,), {})
    server = HTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    myself = Process.of(os.getpid())
    assert myself
    ports = Ports(**{**Ports.free().to_dict(), "generator": server.server_port})
    StackState(myself, ports, Phase.READY).write(home)
    yield kind
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def running(generator: type[Generator], home: Home) -> Iterator["subprocess.Popen[str]"]:
    """`generate --continuous`, whose first line was read."""
    argv = [*COMMAND, "--continuous", "--home", str(home.root)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert line(process) == "INFO:event_generator:Starting continuous event generation (press Ctrl+C to stop)...\n"
        assert generator.state == "RUNNING"
        yield process
        process.kill()


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline()


@pytest.mark.parametrize(
    ("wanted", "config"),
    [
        (Wanted(events=5, delay=0.2), {"rate": 5.0, "num_events": 5, "mirror": False}),
        (Wanted(events=5, delay=0), {"rate": 0.0, "num_events": 5, "mirror": False}),
        (Wanted(events=5, delay=1e-320), {"rate": 0.0, "num_events": 5, "mirror": False}),
        (Wanted(events=5, days=7), {"rate": 0.0, "num_events": 5, "mirror": False, "backfill_days": 7}),
        (Wanted(events=None, seed=0, mirror=True), {"rate": 10.0, "mirror": True, "seed": 0}),
        (Wanted(events=None, scenario="holiday"), {"rate": 10.0, "mirror": False, "scenario": "holiday"}),
    ],
)
def test_what_is_wanted_becomes_the_services_config(wanted: Wanted, config: dict[str, Any]) -> None:
    assert wanted.config() == config


def test_help_teaches(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["generate", "--help"], terminal_width=120).output
    for option in ("--continuous", "-c", "--num-events", "--delay", "--scenario", "--seed", "--days", "--no-mirror"):
        assert option in said
    assert "shoplake generate --continuous --delay 0.05" in said
    days = CliRunner().invoke(app, ["generate", "-c", "--days", "3", "--home", str(tmp_path)])
    assert days.exit_code == 2
    assert "--days" in days.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_generator_and_is_a_good_end(
    running: "subprocess.Popen[str]", generator: type[Generator], number: signal.Signals
) -> None:
    running.send_signal(number)
    said, trouble = running.communicate(timeout=20)
    assert (running.returncode, trouble, generator.state) == (0, "", "STOPPED")
    assert said.splitlines()[0] == "INFO:event_generator:Stopping..."
    assert said.splitlines()[-1] == "INFO:event_generator:Topic distribution: {'page-views': 20}"


def test_a_second_ctrl_c_ends_at_once(
    running: "subprocess.Popen[str]", generator: type[Generator], until: Callable[[Callable[[], bool]], None]
) -> None:
    generator.stubborn = True
    running.send_signal(signal.SIGINT)
    assert line(running) == "INFO:event_generator:Stopping...\n"
    said = time.monotonic()
    until(lambda: time.monotonic() - said > TWIN_SECONDS)
    running.send_signal(signal.SIGINT)
    _, trouble = running.communicate(timeout=20)
    assert (running.returncode, trouble) == (130, "")


def test_a_generator_at_work_is_exit_code_2(generator: type[Generator], home: Home) -> None:
    generator.state, generator.details = "RUNNING", RUN
    done = subprocess.run([*COMMAND, "--home", str(home.root)], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == (
        "generator_busy: The generator is RUNNING already: run r1, 20 events so far."
    )
    assert "shoplake stop generator" in done.stderr


def test_the_first_signal_cuts_the_wait_short_its_twin_is_nothing_and_the_next_one_an_end() -> None:
    before = signal.getsignal(signal.SIGTERM)
    times = iter([10.0, 10.1, 12.0])
    with StopSignals(lambda: next(times)) as stop:
        assert not stop.asked
        os.kill(os.getpid(), signal.SIGINT)
        stop.wait(300)
        assert stop.asked
        os.kill(os.getpid(), signal.SIGINT)
        stop.wait(0)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def script(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, str(SCRIPT), *arguments]
    env = os.environ | {"COLUMNS": "100"}
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60, cwd=folder, env=env)


def test_the_guides_script_is_the_same_command(generator: type[Generator], home: Home, tmp_path: Path) -> None:
    assert "shoplake generate --continuous --delay 0.05" in script("--help", folder=tmp_path).stdout
    generator.state, generator.details = "PAUSED", RUN | {"run_id": "older"}
    done = script("--num-events", "500", "--home", str(home.root), folder=tmp_path)
    assert done.returncode == 2
    assert "The generator is PAUSED already: run older" in done.stderr


@pytest.mark.parametrize(
    ("folder", "outer", "home"),
    [
        ("data", {}, str(ROOT / ".shoplake")),
        (".shoplake", {}, None),
        ("data", {"SHOPLAKE_HOME": "/elsewhere"}, "/elsewhere"),
    ],
)
def test_the_guides_script_takes_its_checkouts_stack_unless_another_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, outer: dict[str, str], home: str | None
) -> None:
    became: list[list[str]] = []
    (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", dict(outer))
    monkeypatch.setattr(os, "execv", lambda _, argv: became.append(argv))
    monkeypatch.setattr(sys, "argv", ["event_generator.py", "-c", "--delay", "0.05"])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    assert [argv[1:] for argv in became] == [["generate", "-c", "--delay", "0.05"]]
    assert became[0][0].endswith("/bin/shoplake")
    assert os.environ.get("SHOPLAKE_HOME") == home


def test_the_page_has_every_option_and_every_scenario() -> None:
    said = CliRunner().invoke(app, ["generate", "--help"], terminal_width=120).output
    options = set(re.findall(r"(--[a-z-]+)", said)) - {"--help"}
    assert options
    assert {option for option in options if f"`{option}" not in PAGE} == set()
    scenarios = {path.stem for path in (ROOT / "services/generator/src/generator/scenarios").glob("*.yaml")}
    table = PAGE[PAGE.index("## Scenarios") :]
    assert set(re.findall(r"^\| `([\w-]+)` \|", table[: table.index("\n## ", 3)], re.MULTILINE)) == scenarios
