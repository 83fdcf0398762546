"""Drives an embedded stack from outside, with nothing but its command and its HTTP ports."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own

# One for all: a client of its own for each question costs more CPU than the answer, while what is asked is being timed.
# Nothing is kept open, because a service that was asked may be killed before the next question.
CLIENT = httpx.Client(timeout=30, limits=httpx.Limits(max_keepalive_connections=0))
SHOPLAKE = Path(sys.executable).with_name("shoplake")


@dataclass
class Stack:
    """One stack under a home of its own, on free ports."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run `shoplake …` to its end; a failure carries both outputs."""
        done = subprocess.run(
            [SHOPLAKE, *arguments],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env=os.environ | self.env,
        )
        assert done.returncode == 0, (
            f"shoplake {arguments}: {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        )
        return done

    def up(self, *options: str) -> None:
        self.run("up", "--detach", "--no-generator", "--home", str(self.home), *options)

    def down(self) -> None:
        self.run("down", "--home", str(self.home))

    def parts(self) -> dict[str, dict[str, Any]]:
        """Name to state, pid and port of everything that runs."""
        answer = json.loads(self.run("status", "--json", "--home", str(self.home)).stdout)
        return {part["name"]: part for part in answer["services"]}

    def port(self, name: str) -> int:
        return int(self._state()["ports"][name.partition("-")[0]])

    def pid(self, name: str) -> int | None:
        """The process of a part; None while there is none."""
        process = self._state()["processes"].get(name)
        return int(process["pid"]) if process else None

    def status(self, name: str) -> dict[str, Any]:
        """What a service says of itself."""
        return dict(self.get(name, f"/{name.partition('-')[0]}/status"))

    def _state(self) -> dict[str, Any]:
        # `shoplake status` reads the same file, and costs a process.
        return dict(json.loads((self.home / "run" / "stack.json").read_text()))

    def service_environment(self, name: str) -> dict[str, str]:
        """What a running service was started with, to start a second one like it."""
        raw = Path(f"/proc/{self.parts()[name]['pid']}/environ").read_bytes()
        return dict(pair.split("=", 1) for pair in raw.decode().split("\0") if "=" in pair)

    def kill(self, name: str, *, whole: bool = False) -> int:
        """End a service as a crash would, with or without the JVM below it; returns the pid it had."""
        pid = self.pid(name)
        assert pid is not None, f"{name} does not run"
        if whole:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
        return pid

    def kill_jvm(self, name: str) -> int:
        """End the JVM below a service and nothing else; returns the pid of the service."""
        pid = self.pid(name)
        assert pid is not None, f"{name} does not run"
        (jvm,) = (below for below in psutil.Process(pid).children(recursive=True) if below.name() == "java")
        jvm.kill()
        return pid

    def get(self, service: str, path: str) -> Any:
        answer = CLIENT.get(f"http://127.0.0.1:{self.port(service)}{path}")
        answer.raise_for_status()
        return answer.json()

    def post(self, service: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return CLIENT.post(f"http://127.0.0.1:{self.port(service)}{path}", json=body or {})

    def put(self, service: str, path: str, body: dict[str, Any]) -> None:
        CLIENT.put(f"http://127.0.0.1:{self.port(service)}{path}", json=body).raise_for_status()

    def accounting(self) -> dict[str, Any]:
        return dict(json.loads(self.run("accounting", "--json", "--home", str(self.home)).stdout))

    def sql(self, query: str) -> list[dict[str, Any]]:
        return list(json.loads(self.run("sql", query, "--json", "--home", str(self.home)).stdout))

    def wait_for_gold(self, timeout: float = 240) -> None:
        """Until gold holds everything the broker has now."""
        end = self.get("health", "/health/lag")["end"]

        def caught_up() -> bool:
            position = self.get("health", "/health/lag")["stages"]["gold"]["position"]
            return all(
                reached >= wanted
                for topic, row in end.items()
                for reached, wanted in zip([*position.get(topic, []), *[0] * len(row)], row, strict=False)
            )

        wait_until(caught_up, timeout, f"gold at {end}", self.log_tail)

    def log_tail(self) -> str:
        """The end of every log, for a failure's message."""
        logs: Sequence[Path] = sorted((self.home / "logs").glob("*.log"))
        return "\n".join(f"--- {log.name}\n" + "\n".join(log.read_text().splitlines()[-15:]) for log in logs)


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(holds: Callable[[], bool], timeout: float, what: str, context: Callable[[], str] = str) -> float:
    """Poll until it holds and return the seconds it took; a failure says what was awaited and why it matters."""
    started = time.monotonic()
    while time.monotonic() - started < timeout:
        try:
            if holds():
                return time.monotonic() - started
        except (httpx.HTTPError, KeyError):
            pass  # a service that restarts answers nothing for a moment: that is what is being awaited
        time.sleep(0.3)
    raise AssertionError(f"{what} not reached within {timeout:.0f} s\n{context()}")
