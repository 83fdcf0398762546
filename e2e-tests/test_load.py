"""The load is what it claims to be: the same for the same seed, valid by the contracts, with the promised shares."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from jsonschema import Draft202012Validator
from prove.ack_log import AckLog
from prove.malformed import KINDS, TOO_LARGE, purchase
from prove.plan import ALL_TOPICS, Kind, Plan, Record
from prove.schedule import draw, of_the_load, of_the_replay
from shoplake_contracts import crash_points, events, topics
from shoplake_contracts.reasons import Reason

BASE = datetime(2026, 5, 5, 12, tzinfo=UTC)
PLAN = Plan(seed=3, events=8_000, base=BASE)


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return list(PLAN.records())


def test_the_same_seed_gives_the_same_load(records: list[Record]) -> None:
    assert list(Plan(seed=3, events=8_000, base=BASE).records())[::7] == records[::7]
    assert PLAN.record(4_711) == records[4_711]
    assert [record.payload for record in Plan(seed=4, events=50, base=BASE).records()] != [
        record.payload for record in records[:50]
    ]


def test_the_shares_are_the_promised_ones() -> None:
    kinds = Counter(PLAN.kind(number) for number in range(PLAN.events))
    assert kinds[Kind.COPY] == pytest.approx(160, abs=40)
    assert kinds[Kind.LATE] == pytest.approx(400, abs=60)
    assert kinds[Kind.MALFORMED] + kinds[Kind.REPAIRABLE] == pytest.approx(80, abs=30)
    assert kinds[Kind.REPAIRABLE] > 0


def test_every_event_topic_is_used(records: list[Record]) -> None:
    assert {record.topic for record in records} == set(ALL_TOPICS) == set(topics.event_topics())


def test_good_events_are_valid_and_on_their_topic(records: list[Record]) -> None:
    good = [record for record in records if record.reason is None]
    assert len(good) > 7_000
    validators = {name: Draft202012Validator(events.schema(name)) for name in events.event_types()}
    for record in good[::5]:
        assert record.payload is not None
        event = json.loads(record.payload)
        validators[event["event_type"]].validate(event)
        assert record.topic in ("raw-events", events.topic_of(event["event_type"]))
        assert event["event_id"] == PLAN.event_id(record.event)


def test_events_happened_on_few_days_and_never_after_the_load_began(records: list[Record]) -> None:
    times = [datetime.fromisoformat(json.loads(it.payload or b"")["timestamp"]) for it in records if it.event >= 0]
    assert max(times) <= BASE
    assert len({time.astimezone(UTC).date() for time in times}) <= 5
    late = [time for time in times if BASE - time > timedelta(hours=20) and time.year == BASE.year]
    assert len(late) > 300


def test_a_large_load_is_many_days_of_a_shop() -> None:
    plan = Plan(seed=3, events=100_000, base=BASE)
    assert [plan.clock(number) for number in (0, 25_000, 99_999)] == [
        BASE - timedelta(days=4),
        BASE - timedelta(days=3),
        BASE - timedelta(days=1) / 25_000,
    ]
    days = Counter(
        json.loads(plan.record(number).payload or b"{}").get("timestamp", "")[:10] for number in range(0, 100_000, 500)
    )
    assert [days[f"2026-05-0{day}"] for day in (2, 3, 4)] == pytest.approx([45, 45, 45], abs=15)


def test_a_copy_is_its_original_byte_for_byte_here_or_through_the_inlet(records: list[Record]) -> None:
    copies = [number for number in range(PLAN.events) if PLAN.kind(number) is Kind.COPY]
    pairs = [(records[number], records[PLAN.original(number)]) for number in copies]
    assert all(copy.payload == original.payload and copy.event == original.event for copy, original in pairs)
    assert {copy.topic == original.topic for copy, original in pairs} == {True, False}
    distances = [number - PLAN.original(number) for number in copies]
    assert min(distances) < 1_000
    assert max(distances) > 4_000


def test_every_reason_is_asked_for() -> None:
    assert {kind.reason for kind in (*KINDS, TOO_LARGE)} == set(Reason)
    payloads = [kind.spoil(purchase("id", BASE.isoformat())) for kind in KINDS]
    assert len(set(payloads)) == len(KINDS)


def test_the_log_keeps_what_was_acknowledged(records: list[Record]) -> None:
    log = AckLog(PLAN)
    for number in range(100):
        log.sent(number, records[number])
    log.acknowledged(7, 1, 42)
    (row,) = log.table().to_pylist()
    assert (row["topic"], row["partition"], row["offset"]) == (records[7].topic, 1, 42)
    assert (row["event_id"], row["reason"], row["judged"]) == (PLAN.event_id(7), None, True)


def test_the_schedule_is_drawn_from_the_seed_and_visits_as_many_points_as_it_can() -> None:
    points = of_the_load(crash_points.load().values(), {"/silver/backfills", "/gold/maintenance-runs"})
    kills = draw(1, 60, points)
    assert kills == draw(1, 60, points) != draw(2, 60, points)
    named = [kill.point for kill in kills if kill.point]
    assert len(named) == 30
    assert len(set(named)) == min(30, len(points))
    assert {kill.service for kill in kills if not kill.point} == {
        "bronze-ingest",
        "silver-process",
        "gold-batch",
        "kafka",
    }


def test_what_a_run_cannot_reach_is_not_drawn() -> None:
    names = {point.name for point in of_the_load(crash_points.load().values(), set())}
    assert "silver.between_tables" in names
    assert not [name for name in names if "resolve" in name or "replay" in name or "backfill" in name]
    assert [len(of_the_replay(kills, crash_points.load().values())) for kills in (3, 5, 60)] == [0, 1, 3]
