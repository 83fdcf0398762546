"""What of a stack is up, from its state file and the services' own answers."""

from typing import Any

from shoplake_contracts.errors import ShoplakeError

from shoplake_cli.client import Client
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.services import KAFKA, SERVICES, Service
from shoplake_cli.stack.state import Process, StackState, read, running

DOWN = "down"


def status(home: Home) -> dict[str, Any]:
    """`home`, `phase` (starting, ready, stopping, stopped), and per process name, state, pid, port, restarts, error.

    The state is the control API's, or `down`; for Kafka, RUNNING or `down`.
    """
    state = running(home)
    last = state or read(home)
    services = [_kafka(state, last), *_services(state, last)]
    return {"home": str(home.root), "phase": state.phase.value if state else "stopped", "services": services}


def _kafka(state: StackState | None, last: StackState | None) -> dict[str, Any]:
    process = _process(state, KAFKA)
    return _row(KAFKA, "RUNNING" if process else DOWN, process, last.ports.kafka if last else None, None)


def _services(state: StackState | None, last: StackState | None) -> list[dict[str, Any]]:
    client = Client(state.ports, timeout=3) if state else None
    rows = []
    for service in SERVICES:
        said = _ask(client, service)
        port = last.ports.to_dict()[service.port] if last else None
        rows.append(_row(service.name, said.get("state", DOWN), _process(state, service.name), port, said.get("error")))
    return rows


def _ask(client: Client | None, service: Service) -> dict[str, Any]:
    if client is None:
        return {}
    try:
        return client.status(service)
    except ShoplakeError:
        return {}


def _process(state: StackState | None, name: str) -> Process | None:
    process = state.processes.get(name) if state else None
    return process if process and process.alive() else None


def _row(name: str, state: str, process: Process | None, port: int | None, error: Any) -> dict[str, Any]:
    return {
        "name": name,
        "state": state,
        "pid": process.pid if process else None,
        "port": port,
        "restarts": process.restarts if process else None,
        "error": error,
    }
