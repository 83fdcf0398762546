"""Crashes and a second writer, in the middle of a load."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from checker import check
from sender import Sender, load
from stack import Stack, free_port, wait_until

pytestmark = pytest.mark.e2e
LOAD = 30_000


@contextmanager
def sending(sender: Sender) -> Iterator[None]:
    """A load in the background that ends before the block does."""
    thread = threading.Thread(target=sender.send, args=[load(LOAD)])
    thread.start()
    try:
        yield
    finally:
        thread.join()


def restarted(stack: Stack, name: str, old_pid: int) -> None:
    def is_back() -> bool:
        part = stack.parts()[name]
        return part["pid"] not in (None, old_pid) and part["state"] == "RUNNING"

    wait_until(is_back, 120, f"{name} runs again", stack.log_tail)


@pytest.mark.parametrize(
    ("name", "kill"),
    [("bronze-ingest", Stack.kill), ("silver-process", Stack.kill), ("silver-process", Stack.kill_jvm)],
    ids=["bronze", "silver", "silver-jvm"],
)
def test_a_kill_in_the_middle_of_a_load(own_stack: Stack, name: str, kill: Callable[[Stack, str], int]) -> None:
    sender = Sender(f"127.0.0.1:{own_stack.port('kafka')}")
    position = own_stack.get("health", "/health/lag")["stages"][name.partition("-")[0]]["position"]
    with sending(sender):
        moved = lambda: own_stack.get("health", "/health/lag")["stages"][name.partition("-")[0]]["position"] != position  # noqa: E731
        wait_until(moved, 60, f"{name} has begun", own_stack.log_tail)
        restarted(own_stack, name, kill(own_stack, name))
    own_stack.wait_for_gold()

    verdict = check(own_stack.home, sender.acks)
    assert verdict.holds, verdict
    assert own_stack.accounting()["total"]["unaccounted"] == 0


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
