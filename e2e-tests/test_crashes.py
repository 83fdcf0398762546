"""A second writer in the middle of a load; what kills do is in test_prove.py."""

import os
import signal
import subprocess
import sys

import httpx
import pytest
from checker import check
from sender import Sender, load
from stack import Stack, free_port, wait_until

pytestmark = pytest.mark.e2e


def test_of_two_bronze_processes_at_most_one_goes_on(own_stack: Stack) -> None:
    sender = Sender(f"127.0.0.1:{own_stack.port('kafka')}")
    environment = own_stack.service_environment("bronze-ingest")
    port = free_port()
    second = subprocess.Popen(
        [sys.executable, "-m", "bronze_ingest.main"],
        env=os.environ | environment | {"BRONZE_PORT": str(port)},
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    try:
        other = f"http://127.0.0.1:{port}/bronze/status"
        wait_until(lambda: httpx.get(other).json()["state"] == "RUNNING", 120, "the second bronze runs")
        sender.send(load(2_000))

        def one_failed() -> bool:
            states = [httpx.get(other).json(), own_stack.get("bronze-ingest", "/bronze/status")]
            return any(status["state"] == "FAILED" for status in states)

        # Each batch wakes one of the two first; the other meets its stamp with the next one.
        def met() -> bool:
            sender.send(load(200))
            return one_failed()

        wait_until(met, 120, "one of the two gave way", own_stack.log_tail)
        statuses = [httpx.get(other).json(), own_stack.get("bronze-ingest", "/bronze/status")]
        failed = [status for status in statuses if status["state"] == "FAILED"]
        assert len(failed) == 1
        assert failed[0]["error"]["code"] == "writer_conflict"
        assert "bronze-ingest@" in failed[0]["error"]["message"]
        sender.send(load(500))
        own_stack.wait_for_gold()
        assert check(own_stack.home, sender.acks).holds
    finally:
        os.killpg(second.pid, signal.SIGKILL)
        second.wait()
        own_stack.post("bronze-ingest", "/bronze/start")
