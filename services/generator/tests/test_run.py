"""A run without Kafka: when events are due, how they are written down, which defects are planted."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from generator.behaviour.events import Event
from generator.defects import Defects
from generator.encoding import encode_all
from generator.run import STEP_EVENTS, Run, visits_at_once
from generator.schedule import MOST_BEHIND, Schedule
from generator.settings import GeneratorConfig
from shoplake_contracts import events as contract
from shoplake_service_kit.event_publisher import Message

AT = "2026-01-01T12:00:00.000Z"


def test_events_are_due_on_an_absolute_schedule() -> None:
    schedule = Schedule(start=1_000.0, rate=10.0)
    assert schedule.take(1_000.0, 100) == []
    assert schedule.take(1_000.35, 100) == [1_000_100, 1_000_200, 1_000_300]
    assert schedule.take(1_000.36, 100) == []
    assert schedule.take(1_001.05, 100)[-1] == 1_001_000
    assert schedule.slipped == 0


def test_a_late_step_is_made_up_for_in_portions() -> None:
    schedule = Schedule(start=0.0, rate=100.0)
    assert [len(schedule.take(1.001, 40)) for _ in range(4)] == [40, 40, 20, 0]


def test_after_a_long_gap_the_schedule_moves_on_and_says_so() -> None:
    schedule = Schedule(start=0.0, rate=10.0)
    schedule.take(1.001, 100)
    assert len(schedule.take(1.05 + MOST_BEHIND, 1_000)) == 10 * MOST_BEHIND
    assert len(schedule.take(10_000.0, 1_000)) <= 1
    assert schedule.slipped > 9_900


def test_without_a_rate_everything_is_due() -> None:
    assert Schedule(start=0.0, rate=None).take(2.5, 3) == [2_500] * 3


def test_keys_topics_and_headers(make_traffic: Callable[..., list[Event]]) -> None:
    for event, message in zip(events := make_traffic(1, 2_000), encode_all(events, AT), strict=True):
        assert message.topic == contract.topic_of(event["event_type"])
        key = event["product_id"] if message.topic == "product-updates" else event["user_id"] or event["anonymous_id"]
        assert message.key == key.encode()
        assert json.loads(message.value) == event
        assert dict(message.headers) == {
            "event_type": event["event_type"].encode(),
            "event_id": event["event_id"].encode(),
            "schema_version": b"1",
            "produced_at": AT.encode(),
        }


def planted(defects: Defects, messages: list[Message]) -> list[Message]:
    return [defects.plant(message) for message in messages]


def test_without_defects_nothing_is_touched(make_traffic: Callable[..., list[Event]]) -> None:
    messages = encode_all(make_traffic(1, 500), AT)
    assert planted(Defects(1, 0, 0), messages) == messages


def test_duplicates_are_earlier_messages_and_are_counted(make_traffic: Callable[..., list[Event]]) -> None:
    messages = encode_all(make_traffic(1, 5_000), AT)
    defects = Defects(1, 0, 0.1)
    sent = planted(defects, messages)
    copies = len(sent) - len({message.value for message in sent})
    assert 350 < copies == defects.planted["duplicate"] < 650


def test_spoilt_events_break_the_contract_as_told(
    make_traffic: Callable[..., list[Event]], faults: Callable[[Event], list[str]]
) -> None:
    messages = encode_all(make_traffic(1, 3_000), AT)
    defects = Defects(1, 0.1, 0)
    spoilt = [new for new, old in zip(planted(defects, messages), messages, strict=True) if new != old]
    assert Counter(fault_of(message, faults) for message in spoilt) == defects.planted
    assert set(defects.planted) == {"not_json", "unknown_event_type", "missing_field"}


def fault_of(message: Message, faults: Callable[[Event], list[str]]) -> str:
    try:
        event = json.loads(message.value)
    except ValueError:
        return "not_json"
    if event["event_type"] not in contract.event_types():
        return "unknown_event_type"
    return "missing_field" if faults(event) else "sound"


def test_a_run_makes_exactly_what_was_asked_for() -> None:
    run = Run("id", 1, GeneratorConfig(rate=0, num_events=STEP_EVENTS + 1), 0.0)
    for _ in range(3):
        run.make_due(1.0)
    assert (run.produced, len(run.pending), run.all_made, run.complete) == (
        STEP_EVENTS + 1,
        STEP_EVENTS + 1,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("config", "visits"),
    [({}, 250), ({"rate": 1}, 5), ({"rate": 0}, 2_000), ({"rate": None, "num_events": 50_000}, 1_000)],
)
def test_visits_fit_the_rate_and_the_length_of_the_run(config: dict[str, Any], visits: int) -> None:
    assert visits_at_once(GeneratorConfig(**config)) == visits
