"""`shoplake status --json`: what scripts read."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.ports import Ports
from shoplake_cli.stack.state import Phase, Process, StackState
from shoplake_cli.status import status


class Bronze(BaseHTTPRequestHandler):
    """A service that only knows its status."""

    def do_GET(self) -> None:
        body = json.dumps({"service": "bronze-ingest", "state": "PAUSED", "error": None}).encode()
        self.send_response(200 if self.path == "/bronze/status" else 404)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def bronze_port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Bronze)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_without_a_stack_everything_is_down(home: Home) -> None:
    found = status(home)
    assert found["phase"] == "stopped"
    assert {service["name"]: service["state"] for service in found["services"]} == {
        "kafka": "down",
        "health": "down",
        "generator": "down",
        "bronze-ingest": "down",
        "silver-process": "down",
        "gold-batch": "down",
    }


def test_each_service_has_name_state_pid_and_port(home: Home, bronze_port: int) -> None:
    myself = Process.of(os.getpid())
    assert myself
    ports = Ports(**{**Ports.free().to_dict(), "bronze": bronze_port})
    running = {"kafka": myself, "bronze-ingest": Process(myself.pid, myself.created, restarts=2)}
    StackState(myself, ports, Phase.READY, running).write(home)
    found = status(home)
    rows = {service["name"]: service for service in found["services"]}
    assert found["phase"] == "ready"
    assert rows["bronze-ingest"] == {
        "name": "bronze-ingest",
        "state": "PAUSED",
        "pid": os.getpid(),
        "port": bronze_port,
        "restarts": 2,
        "error": None,
    }
    assert (rows["kafka"]["state"], rows["kafka"]["port"]) == ("RUNNING", ports.kafka)
    assert (rows["gold-batch"]["state"], rows["gold-batch"]["pid"]) == ("down", None)
