"""A run without Kafka: how events are written down, that it sends what was asked, and what it says must come of it."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from generator.behaviour.events import Event
from generator.encoding import encode, produced_at
from generator.run import STEP_EVENTS, Run, visits_at_once
from generator.settings import GeneratorConfig
from pydantic import ValidationError
from shoplake_contracts import events as contract
from shoplake_service_kit.event_publisher import Message

AT = "2026-01-01T12:00:00.000Z"
CLOCK = datetime(2026, 1, 1, tzinfo=UTC)
ALL_FAULTS = {
    "late": 0.05,
    "clock_skew": 0.05,
    "out_of_order": 0.02,
    "duplicate": 0.02,
    "duplicate_elsewhere": 0.02,
    "new_field": 0.02,
    "changed_type": 0.02,
}


def sent(now: float = 1_800_000_000.0, seed: int = 1, **config: Any) -> tuple[Run, list[Message]]:
    """A whole run and all its messages."""
    run = Run("id", seed, GeneratorConfig(**config), lambda: now)
    while not run.all_made:
        run.make_due(now)
    return run, run.pending


def test_keys_topics_and_headers(make_traffic: Callable[..., list[Event]]) -> None:
    for event in make_traffic(1, 2_000):
        message, body = encode(event, produced_at(AT)), json.loads(event.value)
        assert message.topic == contract.topic_of(body["event_type"])
        key = body["product_id"] if message.topic == "product-updates" else body["user_id"] or body["anonymous_id"]
        assert (message.key, message.value) == (key.encode(), event.value)
        assert dict(message.headers) == {
            "event_type": body["event_type"].encode(),
            "event_id": body["event_id"].encode(),
            "schema_version": b"1",
            "produced_at": AT.encode(),
        }


@pytest.mark.parametrize("faults", [{}, ALL_FAULTS])
def test_a_run_makes_exactly_what_was_asked_for(faults: dict[str, float]) -> None:
    run, messages = sent(rate=0, num_events=2 * STEP_EVENTS + 1, defects=faults, invalid_ratio=0.02)
    assert (run.produced, len(messages), run.all_made, run.complete) == (
        2 * STEP_EVENTS + 1,
        2 * STEP_EVENTS + 1,
        True,
        False,
    )
    run.make_rest()
    assert len(run.pending) == len(messages)


def test_with_a_fixed_clock_the_same_seed_gives_the_same_messages() -> None:
    wish = {"clock": CLOCK, "num_events": 6_000, "defects": ALL_FAULTS, "invalid_ratio": 0.05, "rate": 100}
    one, two, other = sent(1e9, **wish)[1], sent(2e9, **wish)[1], sent(1e9, seed=2, **wish)[1]
    assert one == two
    assert one != other


def test_a_mirrored_run_sends_good_events_to_raw_events_as_well() -> None:
    run, messages = sent(rate=0, num_events=3_000, mirror=True, invalid_ratio=0.1)
    good = [message for message in messages if message.topic != "raw-events"]
    mirrored = [message for message in messages if message.topic == "raw-events"]
    assert len(good) == 3_000
    assert len(mirrored) == run.truth.expected()["duplicates"] == 3_000 - sum(run.truth.planted.values())


def test_the_expectation_is_what_the_good_events_add_up_to() -> None:
    run, messages = sent(clock=CLOCK, num_events=30_000, rate=0.2, seed=3)
    days: dict[str, Counter[str]] = {}
    visitors: dict[str, set[str]] = {}
    for message in messages:
        body = json.loads(message.value, parse_float=Decimal)
        day = body["timestamp"][:10]
        figures = days.setdefault(day, Counter())
        if body["event_type"] == "purchase":
            figures["total_transactions"] += 1
            figures["gross_revenue"] += body["total_amount"]
            figures["units"] += sum(item["quantity"] for item in body["items"])
            figures["guest_orders"] += body["user_id"] is None
        elif body["event_type"] == "refund":
            figures["refunds"] += body["total_amount"]
            figures["refund_count"] += 1
        if body["event_type"] != "product_update" and not (body["anonymous_id"] or "").startswith("client-"):
            visitors.setdefault(day, set()).add(body["user_id"] or body["anonymous_id"])
    expected = run.truth.expected()["days"]
    assert list(expected) == sorted(days)
    for day, figures in days.items():
        told = {name: Decimal(str(value)) for name, value in expected[day].items()}
        assert {name: told[name] for name in figures} == dict(figures)
        assert told["visitors"] == len(visitors[day])


def test_what_is_spoilt_or_a_copy_is_expected_where_it_must_end() -> None:
    run, messages = sent(rate=0, num_events=20_000, defects=ALL_FAULTS, invalid_ratio=0.05)
    expected = run.truth.expected()
    quarantined, silver = sum(expected["quarantined"].values()), sum(expected["tables"].values())
    assert quarantined + silver + expected["duplicates"] == len(messages)
    assert expected["duplicates"] == run.truth.planted["duplicate"] + run.truth.planted["duplicate_elsewhere"]
    assert run.truth.planted["late"] > 0


def test_a_scenario_changes_habits_and_faults_for_a_while() -> None:
    _, messages = sent(clock=CLOCK, rate=20, num_events=10_000, scenario="broken-deploy")
    broken = {"before": 0, "meanwhile": 0, "after": 0}
    bought = dict.fromkeys(broken, 0)
    for message in messages:
        made = dict(message.headers)["produced_at"].decode()
        second = (datetime.fromisoformat(made) - CLOCK).total_seconds()
        when = "before" if second < 120 else "meanwhile" if second < 420 else "after"
        broken[when] += b"loyalty_tier" in message.value
        bought[when] += b'"event_type":"purchase"' in message.value
    assert broken["meanwhile"] > 500 == 500 + broken["before"] + broken["after"]
    assert bought["meanwhile"] == 0 < bought["after"]


@pytest.mark.parametrize(
    ("config", "visits"),
    [({}, 250), ({"rate": 1}, 5), ({"rate": 0}, 500), ({"rate": None, "num_events": 5_000}, 100)],
)
def test_visits_fit_the_rate_and_the_length_of_the_run(config: dict[str, Any], visits: int) -> None:
    assert visits_at_once(GeneratorConfig(**config)) == visits


@pytest.mark.parametrize(
    "config",
    [
        {"backfill_days": 3},
        {"backfill_days": 3, "num_events": 10, "clock": CLOCK},
        {"scenario": "doomsday"},
        {"rate": 0, "silences": {"every_seconds": 60, "seconds": 10}},
        {"bursts": {"every_seconds": 10, "seconds": 10}},
        {"clock": datetime(2026, 1, 1)},  # noqa: DTZ001  # a time without zone is what is refused
    ],
)
def test_a_wish_that_is_not_of_one_piece_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        GeneratorConfig(**config)
