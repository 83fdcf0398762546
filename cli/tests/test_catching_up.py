"""Waiting for gold: it arrives, stalls, or the services are away for a moment."""

import io
from typing import Any

import httpx
import pytest
from rich.console import Console
from shoplake_cli.catching_up import STALLED_SECONDS, Stalled, wait_for_gold, wait_until
from shoplake_cli.client import Client, ServiceDown
from shoplake_cli.stack.ports import Ports
from shoplake_contracts.errors import StartFailed
from shoplake_lake_kit.vector import Position


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_it_ends_when_done() -> None:
    looks = iter([(False, 1), (False, 2), (True, 3)])
    wait_until(lambda: next(looks), sleep=lambda _: None)
    assert list(looks) == []


def test_it_ends_when_nothing_moves_for_too_long() -> None:
    time = Time()
    with pytest.raises(Stalled, match=f"No progress for {STALLED_SECONDS:g} s at 7"):
        wait_until(lambda: (False, 7), clock=time.clock, sleep=time.sleep)
    assert time.now == pytest.approx(STALLED_SECONDS + 1)


def test_progress_however_slow_is_waited_for() -> None:
    time = Time()
    wait_until(lambda: (time.now > 5000, time.now // 200), clock=time.clock, sleep=time.sleep)
    assert time.now > 5000


def test_a_service_that_is_away_is_no_end_but_is_told_of() -> None:
    time = Time()

    def away() -> tuple[bool, object]:
        raise ServiceDown("health does not answer")

    with pytest.raises(Stalled, match="Last trouble: health does not answer"):
        wait_until(away, clock=time.clock, sleep=time.sleep)


def lag(gold: list[int]) -> dict[str, Any]:
    stage = {"position": {"purchases": [50, 60]}, "events": 0, "seconds": 0}
    behind = {"position": {"purchases": gold}, "events": 110 - sum(gold), "seconds": None}
    return {"end": {"purchases": [50, 60]}, "stages": {"bronze": stage, "silver": stage, "gold": behind}}


def test_gold_has_to_cover_what_was_sent_and_no_more() -> None:
    answers = iter([lag([0, 0]), lag([40, 0]), lag([40, 10])])
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/health/pipeline":
            return httpx.Response(200, json=pipeline(gold="RUNNING"))
        asked.append(request.url.path)
        return httpx.Response(200, json=next(answers))

    client = Client(Ports(), transport=httpx.MockTransport(answer))
    wait_for_gold(client, Position({"purchases": (40, 10)}), Console(file=io.StringIO()), lambda _: None)
    assert asked == ["/health/lag"] * 3
    client.close()


def pipeline(gold: str) -> dict[str, Any]:
    error = {"code": "writer_conflict", "message": "two writers", "remedy": "stop one"}
    return {"services": {"gold-batch": {"state": gold, "error": error if gold == "FAILED" else None}}}


def test_a_failed_service_ends_the_wait_at_once() -> None:
    answer = httpx.MockTransport(lambda _: httpx.Response(200, json=pipeline(gold="FAILED")))
    client = Client(Ports(), transport=answer)
    with pytest.raises(StartFailed, match="gold-batch is FAILED: two writers") as raised:
        wait_for_gold(client, Position({"purchases": (1,)}), Console(file=io.StringIO()), lambda _: None)
    assert raised.value.advice == "stop one"
    client.close()
