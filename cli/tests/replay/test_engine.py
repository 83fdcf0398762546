"""The run of a file into a sink: what is reported, how fast it goes, what happens when Kafka stumbles."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from shoplake_cli.replay.engine import Replay
from shoplake_cli.replay.mapping import Mapping
from shoplake_cli.replay.pace import Pace
from shoplake_cli.replay.report import Progress
from shoplake_contracts.errors import InvalidRequest
from shoplake_service_kit.event_publisher import Message, Unacknowledged

SALE = "536365,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"
WRITE_OFF = "536589,21777,,-10,2010-12-01 16:50:00,0.0,,United Kingdom"
REFUND = "C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527.0,United Kingdom"


def test_the_report_says_what_was_sent_and_how_far(files: Any, uci: Mapping, sink: Any) -> None:
    told: list[Progress] = []
    file = files.csv(SALE, SALE.replace("85123A", "71053"), REFUND, WRITE_OFF, "half a row")
    report = asyncio.run(Replay(file, uci, sink, None, told.append).run())
    assert report.to_dict() | {"seconds": 0} == {
        "sent": {"raw-events": 1, "purchases": 2, "product-updates": 1},
        "event_types": {"raw": 1, "purchase": 1, "refund": 1, "product_update": 1},
        "total": 4,
        "lines": 5,
        "bad_rows": 1,
        "first_bad_rows": [{"line": 6, "why": "fields: 1 where 8 belong"}],
        "as_they_are": 1,
        "ends": {"product-updates": {"0": 1}, "purchases": {"0": 2}, "raw-events": {"0": 1}},
        "seconds": 0,
    }
    size = file.stat().st_size
    assert [(p.sent, p.bytes_read, p.bytes_total) for p in told] == [(4, size, size)]


def test_messages_carry_when_they_were_produced(files: Any, uci: Mapping, sink: Any) -> None:
    asyncio.run(Replay(files.csv(SALE), uci, sink, None).run())
    produced = dict(sink.messages[0].headers)["produced_at"].decode()
    assert datetime.fromisoformat(produced) > datetime.now(UTC) - timedelta(minutes=1)


def test_what_was_not_confirmed_is_sent_again(
    files: Any, uci: Mapping, sink: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shoplake_cli.replay.engine.FIRST_DELAY", 0.0)
    publish, calls = sink.publish, []

    async def stumbling(messages: Sequence[Message]) -> None:
        calls.append(len(messages))
        if len(calls) == 1:
            await publish(messages[:1])
            raise Unacknowledged(list(messages[1:]), OSError("away"))
        await publish(messages)

    sink.publish = stumbling
    report = asyncio.run(Replay(files.csv(SALE, REFUND, WRITE_OFF), uci, sink, None).run())
    assert calls == [3, 2]
    assert sorted(json.loads(m.value)["event_type"] for m in sink.messages) == ["product_update", "purchase", "refund"]
    assert report.total == 3


def test_kafka_away_for_good_is_an_error(files: Any, uci: Mapping, sink: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoplake_cli.replay.engine.FIRST_DELAY", 0.0)

    async def away(messages: Sequence[Message]) -> None:
        raise Unacknowledged(list(messages), OSError("away"))

    sink.publish = away
    with pytest.raises(Unacknowledged, match="1 events are not acknowledged"):
        asyncio.run(Replay(files.csv(SALE), uci, sink, None).run())


def test_speed_is_event_time_over_real_time() -> None:
    first = datetime(2010, 12, 1, 8, tzinfo=UTC)
    pace = Pace(speed=60.0, started=100.0)
    assert pace.wait(first, now=100.0) == 0
    assert pace.wait(first + timedelta(minutes=2), now=100.5) == 1.5
    assert pace.wait(first + timedelta(minutes=2), now=103.0) == 0
    assert Pace(speed=None, started=0.0).wait(first + timedelta(days=9), now=0.0) == 0


def test_nobody_waits_for_a_date_that_is_years_away() -> None:
    pace = Pace(speed=60.0, started=100.0)
    day = datetime(2017, 11, 25, tzinfo=UTC)
    minutes = [pace.wait(day, now=100.0), pace.wait(day.replace(year=2037), now=101.0), pace.wait(day, now=102.0)]
    assert minutes == [0, 0, 0]
    assert pace.wait(day + timedelta(minutes=2), now=102.0) == 2.0


def test_a_paced_replay_takes_its_time(files: Any, uci: Mapping, sink: Any) -> None:
    file = files.csv(SALE, SALE.replace("536365", "536366").replace("08:26", "08:27"))
    report = asyncio.run(Replay(file, uci, sink, speed=600.0).run())
    assert 0.1 <= report.seconds < 5
    assert report.total == 2


def test_a_speed_of_nothing_is_refused(files: Any, uci: Mapping, sink: Any) -> None:
    with pytest.raises(InvalidRequest, match="above 0"):
        Replay(files.csv(SALE), uci, sink, speed=0.0)
