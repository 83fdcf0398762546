"""The faults: as many as asked for, each told, nothing lost, and each message broken in the way it says."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from generator.behaviour.chance import Chance
from generator.behaviour.events import Event
from generator.behaviour.oddities import LATE, LONGEST_DELAY, MOST_SKEW, SHORTEST_DELAY, Oddities
from generator.defects.planting import Defects, Outgoing
from generator.defects.rates import DefectRates
from generator.defects.spoiling import SPOILERS, can_be, spoil
from generator.encoding import encode, produced_at
from pydantic import ValidationError
from shoplake_contracts import events as contract
from shoplake_contracts.reasons import Reason

AT = produced_at("2026-01-01T12:00:00.000Z")
Traffic = Callable[..., list[Event]]


def planted(events: list[Event], rates: DefectRates, seed: int = 1) -> list[Outgoing]:
    """What is sent for these events, the last held ones included."""
    defects, sent = Defects(seed, rates), []
    for event in events:
        while (earlier := defects.due()) is not None:
            sent.append(earlier)
        if (outgoing := defects.take(event, encode(event, AT))) is not None:
            sent.append(outgoing)
    while (earlier := defects.due(at_last=True)) is not None:
        sent.append(earlier)
    return sent


def told(sent: list[Outgoing]) -> Counter[str]:
    return Counter(name for outgoing in sent if outgoing.planted for name in outgoing.planted.defects)


def test_without_faults_nothing_is_touched(make_traffic: Traffic) -> None:
    events = make_traffic(1, 500)
    sent = planted(events, DefectRates())
    assert [outgoing.message for outgoing in sent] == [encode(event, AT) for event in events]
    assert Defects(1, DefectRates()).idle


def test_each_kind_is_planted_as_often_as_asked(make_traffic: Traffic) -> None:
    named = {
        "out_of_order": 0.02,
        "duplicate": 0.03,
        "duplicate_elsewhere": 0.02,
        "new_field": 0.04,
        "changed_type": 0.01,
    }
    rates = DefectRates(**named, malformed={Reason.NOT_JSON: 0.05, Reason.INCONSISTENT_TOTAL: 0.5})
    events = make_traffic(1, 20_000)
    found = told(planted(events, rates))
    purchases = sum(event.event_type == "purchase" for event in events)
    for kind, share in {**named, "not_json": 0.05}.items():
        assert found[kind] == pytest.approx(20_000 * share, rel=0.2)
    assert found["inconsistent_total"] == pytest.approx(purchases * 0.5, rel=0.2)


def test_every_good_event_goes_out_once_unless_it_is_spoilt(make_traffic: Traffic) -> None:
    events = make_traffic(3, 8_000)
    rates = DefectRates(out_of_order=0.1, duplicate=0.1, duplicate_elsewhere=0.1, malformed={Reason.EMPTY: 0.1})
    sent = planted(events, rates)
    good = Counter(outgoing.event.event_id for outgoing in sent if outgoing.event)
    spoilt = Counter(o.planted.event_id for o in sent if o.planted and o.planted.fate == "quarantine")
    assert good + spoilt == Counter(event.event_id for event in events)


def test_copies_are_of_what_was_sent_before_on_their_topic_or_elsewhere(make_traffic: Traffic) -> None:
    sent = planted(make_traffic(1, 5_000), DefectRates(duplicate=0.1, duplicate_elsewhere=0.1, out_of_order=0.1))
    originals: dict[str, Outgoing] = {}
    copies = 0
    for outgoing in sent:
        if outgoing.event:
            originals[outgoing.event.event_id] = outgoing
        elif outgoing.planted and outgoing.planted.fate == "duplicate":
            original = originals[outgoing.planted.event_id].message
            elsewhere = outgoing.planted.defects == ("duplicate_elsewhere",)
            assert outgoing.message == original._replace(topic="raw-events" if elsewhere else original.topic)
            assert outgoing.message is not original
            copies += 1
    assert copies > 800


def test_what_is_out_of_order_comes_later_and_is_not_forgotten(make_traffic: Traffic) -> None:
    events = make_traffic(2, 6_000)
    sent = planted(events, DefectRates(out_of_order=0.05))
    place = {event.event_id: number for number, event in enumerate(events)}
    late = [
        number - place[outgoing.event.event_id]
        for number, outgoing in enumerate(sent)
        if outgoing.planted and outgoing.event
    ]
    assert len(sent) == len(events)
    assert max(late) > 500


@pytest.fixture(scope="module")
def one_of_each(make_traffic: Traffic) -> dict[str, Event]:
    return {event.event_type: event for event in make_traffic(4, 30_000)}


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("event_type", contract.event_types())
def test_a_spoilt_message_differs_and_keeps_its_headers(
    event_type: str, reason: Reason, one_of_each: dict[str, Event]
) -> None:
    good = encode(one_of_each[event_type], AT)
    if can_be(event_type, reason):
        bad = spoil(good, reason)
        assert (bad.topic, bad.value) != (good.topic, good.value)
        assert (bad.key, bad.headers) == (good.key, good.headers)


def test_spoilt_messages_that_are_json_break_the_contract(
    one_of_each: dict[str, Event], faults: Callable[[dict[str, Any]], list[str]]
) -> None:
    of_the_schema = (Reason.WRONG_TYPE, Reason.MISSING_FIELD, Reason.BAD_TIMESTAMP, Reason.OUT_OF_RANGE)
    for reason in of_the_schema:
        for event_type, event in one_of_each.items():
            body = json.loads(spoil(encode(event, AT), reason).value)
            assert faults(body), (reason, event_type)


def test_there_is_a_way_to_break_every_rule() -> None:
    assert set(SPOILERS) == set(Reason)


def test_late_visits_are_hours_behind_and_skewed_ones_minutes_off() -> None:
    chance, oddities = Chance(3), Oddities(late=0.3, clock_skew=0.3)
    drawn = [oddities.draw(chance) for _ in range(10_000)]
    late = [-shift for shift, oddity in drawn if oddity == LATE]
    skewed = [shift for shift, oddity in drawn if oddity == "clock_skew"]
    assert (len(late), len(skewed)) == (pytest.approx(3_000, rel=0.1), pytest.approx(3_000, rel=0.1))
    assert SHORTEST_DELAY <= min(late) < 2 * SHORTEST_DELAY < LONGEST_DELAY / 2 < max(late) <= LONGEST_DELAY
    assert -MOST_SKEW <= min(skewed) < -MOST_SKEW * 0.9 < 0 < MOST_SKEW * 0.9 < max(skewed) <= MOST_SKEW


@pytest.mark.parametrize(
    "rates",
    [
        {"late": 0.7, "clock_skew": 0.7},
        {"duplicate": 0.5, "new_field": 0.5},
        {"malformed": {"not_json": 0.95}},
        {"malformed": {"not_json": -0.1}},
        {"malformed": {"ugly": 0.1}},
    ],
)
def test_rates_that_leave_no_good_event_are_refused(rates: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DefectRates(**rates)


def test_the_short_way_spoils_for_every_reason_and_rarely_with_a_megabyte() -> None:
    rates = DefectRates().plus(invalid=0.1, duplicate=0.2)
    assert set(rates.malformed) == set(Reason)
    assert sum(rates.malformed.values()) == pytest.approx(0.1)
    assert rates.malformed[Reason.TOO_LARGE] < 0.001
    assert rates.duplicate == 0.2
