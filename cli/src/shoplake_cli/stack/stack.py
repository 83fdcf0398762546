"""One stack in the foreground of this process: up in an order that suits two cores, kept up, and down again."""

import asyncio
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from shoplake_contracts.errors import ShoplakeError
from shoplake_service_kit.settings import KafkaSettings
from shoplake_service_kit.topics import ensure_topics

from shoplake_cli.client import Client
from shoplake_cli.java import Java
from shoplake_cli.stack import broker
from shoplake_cli.stack.catalog import ensure_catalog
from shoplake_cli.stack.child import Command
from shoplake_cli.stack.gate import Gate, StopRequestedError
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.output import Output
from shoplake_cli.stack.ports import Ports
from shoplake_cli.stack.services import (
    BRONZE,
    GENERATOR,
    GOLD,
    HEALTH,
    KAFKA,
    SERVICES,
    SILVER,
    STOP_GRACE,
    Service,
    service_env,
    shared_env,
)
from shoplake_cli.stack.state import Phase, Process, StackState
from shoplake_cli.stack.status_line import StatusLine, failure
from shoplake_cli.stack.supervisor import TICK, Supervisor

BROKER_SECONDS = 90.0
LIVE_SECONDS = 180.0
# A session starts in 9 s on an idle machine and in a minute on a busy one; two start at once.
READY_SECONDS = 300.0
PROBE_SECONDS = 2.0
HEAD_START = 40.0
ENOUGH_CORES = 4


@dataclass(frozen=True)
class Wishes:
    """What the person who starts a stack may choose."""

    generator: bool = True
    rate: float | None = None
    env: Mapping[str, str] = field(default_factory=dict)


class Stack:
    """Everything between `shoplake up` and the end of its last process."""

    def __init__(self, home: Home, ports: Ports, java: Java, jars: Path, wishes: Wishes, output: Output) -> None:
        self._home = home
        self._ports = ports
        self._java = java
        self._jars = jars
        self._wishes = wishes
        self._output = output
        self._asked: list[int] = []
        self._ended = Event()
        self._state = StackState(_myself(), ports)
        self._client = Client(ports, timeout=PROBE_SECONDS)
        self._patient = Client(ports)
        self._told: set[str] = set()
        self._supervisor = Supervisor(output, self._note)
        self._gate = Gate(self._supervisor, output, lambda: bool(self._asked))

    def run(self) -> None:
        """Bring it up, keep it up until SIGINT, SIGTERM or SIGHUP, bring it down.

        Raises:
            StartFailed: a part did not come up; everything was brought down again.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda received, _frame: self._asked.append(received))
        self._state.write(self._home)
        try:
            self._bring_up()
            self._keep_up()
        except StopRequestedError:
            self._output.say("stopped before it was up")
        finally:
            self._bring_down()

    def _bring_up(self) -> None:
        began = time.monotonic()
        ensure_catalog(self._home)
        self._launch_broker()
        # They load for some seconds and wait for Kafka by themselves: on the way to the first row this is free.
        for service in (BRONZE, SILVER):
            self._launch(service)
        self._wait_for_broker()
        for service in (GENERATOR, HEALTH):
            self._launch(service)
        self._wait_until("answering", "/livez", (GENERATOR, BRONZE, SILVER, HEALTH), LIVE_SECONDS)
        if self._wishes.generator:
            self._start_generator()
        self._wait_until("ready", "/readyz", (BRONZE, SILVER), READY_SECONDS)
        self._let_silver_go_first()
        self._launch(GOLD)
        self._wait_until("answering", "/livez", (GOLD,), LIVE_SECONDS)
        self._wait_until("ready", "/readyz", SERVICES, READY_SECONDS)
        self._enter(Phase.READY)
        self._output.say(f"ready after {time.monotonic() - began:.0f} s: {HEALTH.url(self._ports)}, {self._home.root}")

    def _launch_broker(self) -> None:
        broker.prepare(self._home, self._ports, self._java, self._jars)
        argv = broker.command(self._home, self._java, self._jars)
        # Kafka closes its log on SIGTERM; nothing of ours does anything worth waiting for once it is gone.
        self._supervisor.launch(Command(KAFKA, argv, dict(os.environ), death_signal=signal.SIGTERM))

    def _wait_for_broker(self) -> None:
        bootstrap = self._ports.bootstrap
        self._gate.wait("kafka", lambda: broker.answers(bootstrap), [KAFKA], BROKER_SECONDS)
        created = asyncio.run(ensure_topics(KafkaSettings(bootstrap=bootstrap)))
        self._output.say(f"kafka is up at {bootstrap}" + (f", {len(created)} topics created" if created else ""))

    def _let_silver_go_first(self) -> None:
        """On few cores, do not start gold's JVM into silver's first batch: nothing waits for gold."""
        if not self._wishes.generator or (os.cpu_count() or 1) >= ENOUGH_CORES:
            return
        began, before = time.monotonic(), self._silver_position()

        def may_go_on() -> bool:
            return time.monotonic() - began > HEAD_START or self._silver_position() != before

        self._gate.wait("silver's first rows", may_go_on, [SILVER.name], READY_SECONDS)

    def _silver_position(self) -> object:
        try:
            return self._patient.lag()["stages"]["silver"]["position"]
        except ShoplakeError:
            return None

    def _launch(self, service: Service) -> None:
        shared = shared_env(self._home, self._ports, self._java.home, self._jars)
        env = service_env(service, self._home, self._ports, shared, self._wishes.env, os.environ)
        if service.heap is not None:
            self._home.scratch(service.name).mkdir(parents=True, exist_ok=True)
        self._supervisor.launch(Command(service.name, service.command(), env))

    def _wait_until(self, what: str, probe: str, services: tuple[Service, ...], seconds: float) -> None:
        waiting = list(services)

        def all_are() -> bool:
            waiting[:] = [service for service in waiting if not self._settled(service, probe)]
            return not waiting

        names = [service.name for service in services]
        self._gate.wait(f"{', '.join(names)} to be {what}", all_are, names, seconds)

    def _settled(self, service: Service, probe: str) -> bool:
        """Whether the probe says yes, or there is nothing to wait for: a service that refused needs a person."""
        if self._client.is_up(service, probe):
            return True
        if probe == "/livez":
            return False
        fault = self._fault(service)
        if fault is not None and service.name not in self._told:
            self._told.add(service.name)
            self._output.say(failure(service.name, fault))
        return fault is not None

    def _fault(self, service: Service) -> Mapping[str, Any] | None:
        """Why a service is FAILED; None if it is not, or does not say."""
        try:
            status = self._client.status(service)
        except ShoplakeError:
            return None
        return (status.get("error") or {}) if status.get("state") == "FAILED" else None

    def _start_generator(self) -> None:
        self._wait_until("ready", "/readyz", (GENERATOR,), READY_SECONDS)
        wanted = {} if self._wishes.rate is None else {"rate": self._wishes.rate}
        try:
            self._client.control(GENERATOR, "start", wanted)
        except ShoplakeError as error:
            # It may go on from before with another rate: the stack is worth having without this wish.
            self._output.say(f"the generator was not started: {error.message} {error.advice}")

    def _keep_up(self) -> None:
        line = StatusLine(Client(self._ports), self._output.say, self._ended)
        line.start()
        while not self._asked:
            self._supervisor.tick()
            time.sleep(TICK)

    def _bring_down(self) -> None:
        self._ended.set()
        self._enter(Phase.STOPPING)
        self._output.say("stopping; a batch in hand is finished first (once more Ctrl-C: at once)")
        seen = len(self._asked)
        names = self._supervisor.names()
        services = [name for name in names if name != KAFKA]
        self._supervisor.stop(services, STOP_GRACE, lambda: len(self._asked) > seen)
        self._supervisor.stop([KAFKA], STOP_GRACE, lambda: len(self._asked) > seen)
        self._home.state_file.unlink(missing_ok=True)
        self._client.close()
        self._patient.close()
        self._output.say("stopped")

    def _note(self, name: str, pid: int | None, restarts: int) -> None:
        self._state = self._state.with_process(name, Process.of(pid, restarts) if pid else None)
        self._state.write(self._home)

    def _enter(self, phase: Phase) -> None:
        self._state = self._state.in_phase(phase)
        self._state.write(self._home)


def _myself() -> Process:
    myself = Process.of(os.getpid())
    if myself is None:
        raise RuntimeError("this process does not exist")
    return myself
