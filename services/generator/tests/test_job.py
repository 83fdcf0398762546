"""The job step by step over a publisher in memory: nothing forgotten, nothing sent twice, an end that is told."""

import json
from collections import Counter
from typing import Any

import pytest
from generator.job import GeneratorJob
from generator.metrics import Meter
from generator.settings import GeneratorConfig
from shoplake_contracts.errors import BrokerUnavailable
from shoplake_service_kit.event_publisher import Message, Unacknowledged
from shoplake_service_kit.metrics import Metrics


class Clock:
    def __init__(self) -> None:
        self.now = 1_767_268_800.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A job with a clock that stands still and a count of its endings."""

    def __init__(self, kept: Any) -> None:
        self.kept = kept
        self.clock = Clock()
        self.endings = 0
        self.metrics = Metrics("generator")
        self.job = GeneratorJob(kept, self._end, Meter(self.metrics), self.clock)

    def _end(self) -> None:
        self.endings += 1

    def steps(self, number: int, seconds: float = 0.1) -> None:
        for _ in range(number):
            self.clock.now += seconds
            self.job.step()

    def topics(self) -> set[str]:
        return {message.topic for message in self.kept.events()}

    def manifest(self) -> list[dict[str, Any]]:
        return [json.loads(message.value) for message in self.kept.on("generator-manifest")]


@pytest.fixture
def bench(kept: Any) -> Bench:
    return Bench(kept)


def ids(messages: list[Message]) -> list[str]:
    return [json.loads(message.value)["event_id"] for message in messages]


def test_the_rate_is_held(bench: Bench) -> None:
    bench.job.open(GeneratorConfig(rate=50, seed=1))
    bench.steps(40)
    assert len(bench.kept.events()) in (199, 200)
    assert bench.job.details()["target_rate"] == 50
    assert bench.job.details()["rate"] == pytest.approx(50, abs=1)
    assert not bench.job.details()["done"]


def test_a_number_of_events_ends_the_run(bench: Bench) -> None:
    bench.job.open(GeneratorConfig(rate=0, num_events=12_000, seed=1))
    assert [bench.job.step() for _ in range(3)] == [True, True, False]
    details = bench.job.details()
    assert (details["produced"], details["acknowledged"], details["done"], bench.endings) == (12_000, 12_000, True, 1)
    assert details["per_topic"] == dict(Counter(message.topic for message in bench.kept.events()))
    bench.job.close()
    assert bench.job.details() == details


def test_the_manifest_has_the_beginning_every_fault_and_the_truth_at_the_end(bench: Bench) -> None:
    bench.job.open(GeneratorConfig(rate=0, num_events=3_000, seed=9, duplicate_ratio=0.1, invalid_ratio=0.05))
    bench.steps(1)
    bench.job.close()
    begin, *middle, end = bench.manifest()
    assert (begin["kind"], begin["seed"], begin["config"]["num_events"]) == ("run_started", 9, 3_000)
    assert (end["kind"], end["run_id"], end["acknowledged"], end["done"]) == ("run_ended", begin["run_id"], 3_000, True)
    assert end["per_topic"] == dict(Counter(message.topic for message in bench.kept.events()))
    faults = [fault for record in middle for fault in record["planted"]]
    assert {record["kind"] for record in middle} == {"planted"}
    assert Counter(name for fault in faults for name in fault["defects"]) == end["planted"]
    assert end["expected"]["duplicates"] == end["planted"]["duplicate"] > 200


def test_a_fault_in_the_manifest_has_the_address_of_its_message(bench: Bench) -> None:
    bench.job.open(GeneratorConfig(rate=0, num_events=3_000, seed=9, defects={"malformed": {"empty": 0.1}}))
    bench.kept.failures = [1_000]
    with pytest.raises(Unacknowledged):
        bench.job.step()
    bench.steps(1)
    faults = [fault for record in bench.manifest() if record["kind"] == "planted" for fault in record["planted"]]
    found = {
        (message.topic, place)
        for topic in bench.topics()
        for place, message in enumerate(bench.kept.on(topic))
        if message.value == b""
    }
    assert {(fault["topic"], fault["offset"]) for fault in faults} == found
    assert len(faults) == len(found) > 200
    assert {(fault["fate"], fault["reason"]) for fault in faults} == {("quarantine", "empty")}


def test_a_stopped_run_tells_its_end_as_well(bench: Bench) -> None:
    bench.job.open(GeneratorConfig(seed=1))
    bench.steps(3)
    bench.job.close()
    bench.job.close()
    assert [record["kind"] for record in bench.manifest()] == ["run_started", "run_ended"]
    assert (bench.manifest()[1]["done"], bench.kept.is_open) == (False, False)


def test_what_was_not_confirmed_goes_first_in_the_next_step(bench: Bench) -> None:
    bench.job.open(GeneratorConfig(rate=0, num_events=2_500, seed=1))
    bench.kept.failures = [700]
    with pytest.raises(Unacknowledged):
        bench.job.step()
    assert bench.job.details()["acknowledged"] == 700
    assert bench.job.details()["resent"] == 1_800
    bench.steps(1)
    assert len(bench.kept.events()) == len(set(ids(bench.kept.events()))) == 2_500
    assert bench.job.details()["done"]


def test_a_message_planted_twice_is_counted_twice_over_a_failure(bench: Bench) -> None:
    bench.job.open(GeneratorConfig(rate=0, num_events=1_000, seed=1, duplicate_ratio=0.5))
    bench.kept.failures = [500]
    with pytest.raises(Unacknowledged):
        bench.job.step()
    bench.steps(1)
    assert bench.job.details()["per_topic"] == dict(Counter(message.topic for message in bench.kept.events()))
    assert bench.job.details()["acknowledged"] == 1_000


def test_what_is_pending_at_the_stop_is_sent(bench: Bench) -> None:
    bench.job.open(GeneratorConfig(rate=0, seed=1))
    bench.kept.failures = [0]
    with pytest.raises(Unacknowledged):
        bench.job.step()
    bench.job.close()
    assert bench.job.details()["produced"] == bench.job.details()["acknowledged"] == len(bench.kept.events())


def test_a_stop_while_kafka_is_away_ends_all_the_same(bench: Bench) -> None:
    bench.job.open(GeneratorConfig(rate=0, seed=1))
    bench.kept.failures = [0, 0]
    with pytest.raises(Unacknowledged):
        bench.job.step()
    bench.job.close()
    assert not bench.kept.is_open
    assert bench.job.details()["acknowledged"] == 0


def test_kafka_away_at_the_start_is_passing(bench: Bench) -> None:
    bench.kept.away = True
    with pytest.raises(BrokerUnavailable):
        bench.job.open(GeneratorConfig())
    bench.job.close()
    bench.kept.away = False
    bench.job.open(GeneratorConfig())
    assert bench.kept.is_open


def test_the_same_seed_and_clock_give_the_same_messages(kept: Any) -> None:
    runs = []
    for publisher in (kept, type(kept)()):
        bench = Bench(publisher)
        bench.job.open(GeneratorConfig(rate=1_000, seed=4, duplicate_ratio=0.02, invalid_ratio=0.02))
        bench.steps(20)
        bench.job.close()
        runs.append(publisher.messages)
    assert runs[0] == runs[1]


def test_a_run_without_a_seed_says_which_it_took(bench: Bench) -> None:
    seeds = set()
    for _ in range(3):
        bench.job.open(GeneratorConfig())
        seeds.add(bench.job.details()["seed"])
        bench.job.close()
    assert len(seeds) == 3


def test_metrics_are_what_the_broker_confirmed(bench: Bench) -> None:
    bench.job.open(GeneratorConfig(rate=0, num_events=2_000, seed=1, invalid_ratio=0.1))
    bench.kept.failures = [100]
    with pytest.raises(Unacknowledged):
        bench.job.step()
    bench.steps(1)
    sample = bench.metrics.registry.get_sample_value
    assert sample("shoplake_events_produced_total", {"topic": "page-views"}) == len(bench.kept.on("page-views"))
    views = [message for message in bench.kept.events() if ("event_type", b"page_view") in message.headers]
    assert sample("shoplake_generator_events_total", {"event_type": "page_view"}) == len(views)
    planted = bench.job.details()["planted"]
    assert sample("shoplake_generator_defects_total", {"defect": "not_json"}) == planted["not_json"]
    assert (sample("shoplake_send_failures_total", {"topic": "page-views"}) or 0) > 0
