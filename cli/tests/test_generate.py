"""`shoplake generate`: what the service says in, lines out; every way in which a run can end."""

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest
from shoplake_cli.client import Client, ServiceDown
from shoplake_cli.generating.generation import STOP_SECONDS, generate
from shoplake_cli.generating.start import GeneratorBusyError
from shoplake_cli.generating.wanted import Wanted
from shoplake_cli.generating.watch import SILENT_SECONDS, GenerationEndedError
from shoplake_cli.stack.ports import Ports
from shoplake_contracts.errors import RequestError

Entry = dict[str, Any] | Exception | httpx.Response
OLD = {"run_id": "old", "produced": 7, "acknowledged": 7, "done": True, "samples": [{"produced": 7, "text": "Old"}]}
REFUSED = httpx.ConnectError("refused")


def details(sent: int, **more: Any) -> dict[str, Any]:
    topics = {"purchases": sent // 10, "page-views": sent - sent // 10}
    return {"run_id": "r1", "produced": sent, "acknowledged": sent, "per_topic": topics, "done": False} | more


def status(state: str, figures: dict[str, Any] | None = None, error: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"service": "generator", "state": state, "config": {}, "error": error, "details": figures or {}}


class Service:
    """Plays the generator: the first look finds `before`, each later one the next of a list, whose last one stays."""

    def __init__(self, *following: Entry, before: Entry, start: Entry, after_stop: tuple[Entry, ...]) -> None:
        self._before = before
        self._start = start
        self._following = list(following)
        self._after_stop = list(after_stop)
        self.started: list[bytes] = []
        self.stops = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/generator/start":
            self.started.append(request.content)
            return played(self._start)
        if path == "/generator/stop":
            self.stops += 1
            self._following = self._after_stop
            return played(status("STOPPING"))
        assert path == "/generator/status"
        if not self.started:
            return played(self._before)
        return played(self._following.pop(0) if len(self._following) > 1 else self._following[0])


def played(entry: Entry) -> httpx.Response:
    if isinstance(entry, Exception):
        raise entry
    return entry if isinstance(entry, httpx.Response) else httpx.Response(200, json=entry)


class Time:
    """Only waiting moves it; Ctrl-C comes at a chosen time."""

    def __init__(self, ctrl_c_at: float | None) -> None:
        self.now = 0.0
        self._ctrl_c_at = ctrl_c_at

    @property
    def asked(self) -> bool:
        return self._ctrl_c_at is not None and self.now >= self._ctrl_c_at

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def clock(self) -> float:
        return self.now


class Played:
    """One run of the command against the played service."""

    def __init__(
        self,
        wanted: Wanted,
        *following: Entry,
        before: Entry | None = None,
        start: Entry | None = None,
        after_stop: tuple[Entry, ...] = (),
        ctrl_c_at: float | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        stopped = status("STOPPED", OLD)
        starting = status("STARTING", OLD)
        self.service = Service(*following, before=before or stopped, start=start or starting, after_stop=after_stop)
        self.time = Time(ctrl_c_at)
        self.said: list[str] = []
        client = Client(Ports(), transport=httpx.MockTransport(self.service))
        self.run = partial(generate, client, wanted, say or self.said.append, self.time, self.time.clock)


BATCH = Wanted(events=1000)
CONTINUOUS = Wanted(events=None)


def test_a_batch_tells_each_tenth_and_the_topics() -> None:
    done = details(1000, done=True)
    played = Played(
        BATCH,
        status("STARTING", OLD),
        status("RUNNING", details(0)),
        status("RUNNING", details(99)),
        status("RUNNING", details(100)),
        status("RUNNING", details(345)),
        status("STOPPING", done),
        status("STOPPED", done),
    )
    played.run()
    assert played.said == [
        "INFO:event_generator:Starting to generate 1000 events...",
        *(f"INFO:event_generator:Sent {sent}00 events..." for sent in range(1, 11)),
        "INFO:event_generator:Finished sending 1000 events",
        "INFO:event_generator:Topic distribution: {'page-views': 900, 'purchases': 100}",
    ]
    assert played.service.started == [b'{"rate":10.0,"num_events":1000,"mirror":false}']
    assert played.service.stops == 0


def test_a_batch_of_less_than_ten_says_no_number_twice() -> None:
    played = Played(Wanted(events=3), status("STOPPED", details(3, done=True)))
    played.run()
    assert [line for line in played.said if "Sent" in line] == [
        f"INFO:event_generator:Sent {sent} events..." for sent in (1, 2, 3)
    ]


def test_what_is_not_confirmed_and_a_mirrors_copies_are_not_sent_events() -> None:
    slow = status("RUNNING", details(400) | {"acknowledged": 250})
    mirrored = status("STOPPED", details(1000, done=True) | {"acknowledged": 1900})
    played = Played(BATCH, slow, mirrored, slow)
    played.run()
    assert played.said.index("INFO:event_generator:Sent 200 events...") == 2
    assert played.said[-2] == "INFO:event_generator:Finished sending 1000 events"


def test_faults_that_were_planted_are_told() -> None:
    done = details(1000, done=True, planted={"wrong_type": 3, "duplicate": 12})
    played = Played(Wanted(events=1000, invalid=0.01, duplicates=0.02), status("STOPPED", done))
    played.run()
    assert played.said[-1] == "INFO:event_generator:Planted defects: {'duplicate': 12, 'wrong_type': 3}"
    assert b'"invalid_ratio":0.01,"duplicate_ratio":0.02' in played.service.started[0]


def test_continuous_tells_samples_once_and_totals_every_five_seconds() -> None:
    first, second = {"produced": 5, "text": "PageViewEvent: a"}, {"produced": 15, "text": "PurchaseEvent: b"}
    played = Played(
        CONTINUOUS,
        status("STARTING", OLD),
        status("RUNNING", details(5, samples=[first])),
        status("RUNNING", details(15, samples=[first, second])),
        status("RUNNING", details(50, samples=[first, second])),
        ctrl_c_at=5.5,
        after_stop=(status("STOPPING", details(50)), status("STOPPED", details(60))),
    )
    played.run()
    assert played.said == [
        "INFO:event_generator:Starting continuous event generation (press Ctrl+C to stop)...",
        "INFO:event_generator:Generated PageViewEvent: a",
        "INFO:event_generator:Generated PurchaseEvent: b",
        "INFO:event_generator:Generated 50 events total (600.0 events/min)",
        "INFO:event_generator:Topic distribution: {'page-views': 45, 'purchases': 5}",
        "INFO:event_generator:Stopping...",
        "INFO:event_generator:Generated 60 events total (600.0 events/min)",
        "INFO:event_generator:Topic distribution: {'page-views': 54, 'purchases': 6}",
    ]
    assert played.service.started == [b'{"rate":10.0,"mirror":false}']
    assert played.service.stops == 1


def test_ctrl_c_in_a_batch_is_a_good_end_with_a_summary() -> None:
    unconfirmed = details(340, planted={"late": 2}) | {"acknowledged": 330}
    played = Played(BATCH, status("RUNNING", details(300)), ctrl_c_at=30, after_stop=(status("STOPPED", unconfirmed),))
    played.run()
    assert played.said[-4:] == [
        "INFO:event_generator:Generated 330 events total (660.0 events/min)",
        "INFO:event_generator:Topic distribution: {'page-views': 306, 'purchases': 34}",
        "INFO:event_generator:Planted defects: {'late': 2}",
        "WARNING:event_generator:10 more were made that Kafka did not confirm",
    ]


def test_ctrl_c_before_the_run_began() -> None:
    played = Played(CONTINUOUS, status("STARTING", OLD), ctrl_c_at=1, after_stop=(status("STOPPED", OLD),))
    played.run()
    assert played.said[1:] == ["INFO:event_generator:Stopping...", "INFO:event_generator:Nothing was sent"]


def test_a_generator_that_does_not_stop_is_told_of() -> None:
    played = Played(CONTINUOUS, status("RUNNING", details(9)), ctrl_c_at=2, after_stop=(status("STOPPING"),))
    with pytest.raises(GenerationEndedError, match=f"still STOPPING {STOP_SECONDS:g} s after") as raised:
        played.run()
    assert "shoplake status" in raised.value.advice
    assert STOP_SECONDS < played.time.now < STOP_SECONDS + 5


@pytest.mark.parametrize("state", ["STARTING", "RUNNING", "PAUSED", "STOPPING"])
def test_a_generator_that_is_at_work_is_left_alone(state: str) -> None:
    played = Played(BATCH, before=status(state, details(12_345)))
    with pytest.raises(GeneratorBusyError, match=rf"generator is {state} already: run r1, 12,345 events") as raised:
        played.run()
    assert "shoplake stop generator" in raised.value.advice
    assert (played.service.started, played.service.stops, played.said) == ([], 0, [])


def test_a_conflict_at_the_start_is_the_same_refusal() -> None:
    played = Played(BATCH, status("RUNNING", details(5)), start=httpx.Response(409, json={"detail": "another config"}))
    with pytest.raises(GeneratorBusyError, match="run r1, 5 events"):
        played.run()


def test_a_refused_config_is_told_as_it_is() -> None:
    played = Played(BATCH, status("STOPPED"), start=httpx.Response(422, json={"detail": "no", "remedy": "Mend it."}))
    with pytest.raises(RequestError, match="generator: no") as raised:
        played.run()
    assert (raised.value.advice, played.said) == ("Mend it.", [])


def test_a_failed_generator_ends_it_with_its_error_and_remedy() -> None:
    error = {"code": "x", "message": "no topic", "remedy": "make one"}
    played = Played(BATCH, status("RUNNING", details(200)), status("FAILED", details(250), error))
    with pytest.raises(GenerationEndedError, match="generator is FAILED: no topic") as raised:
        played.run()
    assert raised.value.advice == "make one"
    assert "INFO:event_generator:Generated 250 events total (30000.0 events/min)" in played.said


def test_silence_is_borne_for_a_while() -> None:
    away: list[Entry] = [REFUSED] * int(SILENT_SECONDS)
    played = Played(Wanted(events=10), status("RUNNING", details(5)), *away, status("STOPPED", details(10, done=True)))
    played.run()
    assert played.said[-2] == "INFO:event_generator:Finished sending 10 events"


def test_silence_without_end_is_a_service_that_is_down() -> None:
    played = Played(CONTINUOUS, status("RUNNING", details(5)), REFUSED)
    with pytest.raises(ServiceDown, match=f"has not answered for {SILENT_SECONDS:g} s: generator does not answer"):
        played.run()
    assert SILENT_SECONDS < played.time.now < SILENT_SECONDS + 5


def test_trouble_is_told_once_while_it_lasts() -> None:
    waiting = status("STARTING", OLD, {"message": "Kafka does not answer."})
    paused = status("PAUSED", details(4))
    done = status("STOPPED", details(10, done=True))
    played = Played(Wanted(events=10), waiting, waiting, status("RUNNING", details(2)), waiting, paused, paused, done)
    played.run()
    assert [line for line in played.said if line.startswith("WARNING")] == [
        "WARNING:event_generator:Kafka does not answer.",
        "WARNING:event_generator:Kafka does not answer.",
        "WARNING:event_generator:The generator is PAUSED; shoplake resume generator lets it go on",
    ]


def test_another_run_is_not_taken_for_this_one() -> None:
    other = status("RUNNING", details(3, run_id="r2"))
    played = Played(CONTINUOUS, status("RUNNING", details(400)), other)
    with pytest.raises(GenerationEndedError, match="another run, r2") as raised:
        played.run()
    assert "shoplake stop generator" in raised.value.advice
    assert played.said[-2].startswith("INFO:event_generator:Generated 400 events total")


def test_a_stop_from_elsewhere_ends_continuous_well_and_a_batch_not() -> None:
    stopped = status("STOPPED", details(400))
    played = Played(CONTINUOUS, status("RUNNING", details(400)), stopped)
    played.run()
    assert played.said[-1] == "INFO:event_generator:The generator was stopped from elsewhere"
    with pytest.raises(GenerationEndedError, match="400 of 1000 events"):
        Played(BATCH, stopped).run()


def test_whoever_reads_the_lines_goes_and_the_run_ends() -> None:
    def closed(line: str) -> None:
        if "Generated" in line:
            raise BrokenPipeError

    sample = [{"produced": 5, "text": "PageViewEvent: a"}]
    played = Played(CONTINUOUS, status("RUNNING", details(5, samples=sample)), say=closed)
    with pytest.raises(BrokenPipeError):
        played.run()
    assert played.service.stops == 1


def test_what_a_service_says_cannot_steer_the_terminal() -> None:
    sample = [{"produced": 5, "text": "evil \x1b[2J"}]
    played = Played(CONTINUOUS, status("RUNNING", details(5, samples=sample)), status("STOPPED", details(5)))
    played.run()
    assert played.said[1] == "INFO:event_generator:Generated evil \\x1b[2J"
