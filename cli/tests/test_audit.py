"""audit and passport: asked for, followed, cancelled, drawn; the exit code is the verdict."""

import io
import json
from typing import Any

import httpx
import pytest
import typer
from rich.console import Console, RenderableType
from shoplake_cli import audit_report, passport_report
from shoplake_cli.auditing import AuditEndedError, run_audit
from shoplake_cli.client import Client
from shoplake_cli.commands import proof
from shoplake_cli.main import app
from shoplake_cli.stack.ports import Ports
from shoplake_contracts.errors import RequestError
from typer.testing import CliRunner

PARTITION = {
    "topic": "purchases",
    "epoch": 1,
    "partition": 0,
    **dict.fromkeys(("in_flight", "lost", "erased", "replayed", "duplicates", "missing", "doubled"), 0),
    "bronze": 1200,
    "silver": 1190,
    "quarantined": 10,
}
NOTHING = {"total": 0, "listed": []}
HOLDS = {
    "verdict": "holds",
    "holds": True,
    "reasons": [],
    "total": {name: number for name, number in PARTITION.items() if name not in ("topic", "epoch", "partition")},
    "partitions": [PARTITION],
    **dict.fromkeys(("missing", "doubled", "lost_originals", "doubled_ids", "differences", "id_conflicts"), NOTHING),
}
PLACE = {"topic": "purchases", "epoch": 1, "partition": 0, "offset": 4}
BROKEN = HOLDS | {
    "verdict": "broken",
    "holds": False,
    "reasons": ["2 addresses are missing", "1 addresses are there twice"],
    "missing": {"total": 2, "listed": [PLACE | {"absent_from": "bronze", "certain": False}]},
    "doubled": {"total": 1, "listed": [PLACE | {"tables": {"silver.purchases": 2}}]},
    "lost_originals": {"total": 1, "listed": [PLACE | {"table": "silver.purchases"}]},
    "doubled_ids": {
        "total": 1,
        "listed": [{"table": "silver.purchases", "event_id": "e\x1b1", "events": [PLACE | {"day": "2024-05-01"}]}],
    },
    "differences": {
        "total": 1,
        "listed": [{"table": "silver.purchases", "topic": "purchases", "partition": 0, "stamped": 9, "rows": 8}],
    },
}
LEGS = {"produced_to_broker": None, "broker_to_bronze": 2.0, "broker_to_silver": 5.25}
PASSPORT = {
    "event_id": "e1",
    "more": False,
    "events": [
        {
            "address": PLACE,
            "event_id": "e1",
            "event_type": "purchase",
            "timestamp": "2024-05-01T10:00:00+00:00",
            "where": "replayed",
            "produced_at": None,
            "kafka_timestamp": "2024-05-01T10:00:01+00:00",
            "bronze": {"snapshot_id": "77", "processing_time": "2024-05-01T10:00:03+00:00"},
            "silver": [
                {
                    "table": "silver.purchases",
                    "day": "2024-05-01",
                    "processing_time": "2024-05-01T10:00:06+00:00",
                    "ingested_at": "2024-05-01T10:00:03+00:00",
                    "quality_flags": ["id_conflict"],
                    "lateness_seconds": 1,
                }
            ],
            "quarantine": {
                "reason": "wrong_type",
                "errors": [{"rule": "price", "path": "price", "message": "is no number"}],
                "first_seen": "2024-05-01T10:00:05+00:00",
                "outcomes": [{"run_id": "r1", "outcome": "replayed", "reason": None, "at": "2024-05-02"}],
            },
            "duplicate_of": {"table": "silver.purchases", "address": PLACE | {"offset": 3}},
            "gold": [{"day": "2024-05-01", "tables": [{"table": "gold.customer_days", "complete": False}]}],
            "latency_seconds": LEGS,
        }
    ],
}


def shown(drawn: RenderableType) -> str:
    text = io.StringIO()
    Console(file=text, width=80).print(drawn)
    return text.getvalue()


def run(state: str, **more: Any) -> httpx.Response:
    return httpx.Response(200, json={"id": "r1", "state": state, "progress": {}, "result": None, "error": None} | more)


def client(*answers: httpx.Response | BaseException) -> tuple[Client, list[httpx.Request]]:
    left, asked = list(answers), []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        following = left.pop(0)
        if isinstance(following, BaseException):
            raise following
        return following

    return Client(Ports(), transport=httpx.MockTransport(answer)), asked


def test_an_audit_is_begun_and_followed_to_its_result() -> None:
    going_on = run("RUNNING", progress={"step": "reading silver.purchases", "rows": 1000})
    ask, asked = client(run("WAITING"), run("WAITING"), going_on, run("SUCCEEDED", result=HOLDS))
    assert run_audit(ask, {"topics": ["purchases"], "hours": None}, every=0) == HOLDS
    assert [(one.method, one.url.path) for one in asked] == [
        ("POST", "/health/audits"),
        *[("GET", "/health/audits/r1")] * 3,
    ]
    assert json.loads(asked[0].content) == {"topics": ["purchases"], "hours": None}


def test_who_gives_up_cancels_the_audit() -> None:
    ask, asked = client(run("WAITING"), KeyboardInterrupt(), run("RUNNING"))
    with pytest.raises(KeyboardInterrupt):
        run_audit(ask, {}, every=0)
    assert (asked[-1].method, asked[-1].url.path) == ("DELETE", "/health/audits/r1")


def test_an_audit_without_a_result_is_an_error() -> None:
    fault = {"code": "catalog_unavailable", "message": "the storage is away", "remedy": "Look at it."}
    ask, _ = client(run("WAITING"), run("FAILED", error=fault))
    with pytest.raises(AuditEndedError, match="FAILED: the storage is away") as error:
        run_audit(ask, {}, every=0)
    assert error.value.advice == "Look at it."
    ask, _ = client(run("WAITING"), run("CANCELLED"))
    with pytest.raises(AuditEndedError, match="CANCELLED: somebody cancelled it"):
        run_audit(ask, {}, every=0)


def test_a_second_audit_is_refused() -> None:
    ask, _ = client(httpx.Response(409, json={"detail": "Run r0 is RUNNING.", "remedy": "Follow it."}))
    with pytest.raises(RequestError, match="Run r0 is RUNNING"):
        run_audit(ask, {}, every=0)


def test_an_audit_that_holds_is_one_table_and_one_sentence() -> None:
    text = shown(audit_report.report(HOLDS))
    lines = [line.split() for line in text.splitlines()]
    assert ["purchases@1", "1,200", "1,190", "10", "0", "0", "0"] in lines
    assert "holds: every event" in text
    assert "in\nflight" not in text


def test_an_audit_that_does_not_hold_names_the_addresses() -> None:
    text = shown(audit_report.report(BROKEN))
    assert "does not hold\n  2 addresses are missing\n" in text
    assert "missing: 2, the first 1\n  purchases@1/0 offset 4: not in bronze (a marker or an event)\n" in text
    assert "doubled: 1\n  purchases@1/0 offset 4: 2 in silver.purchases\n" in text
    assert "lost originals: 1\n  purchases@1/0 offset 4: not in silver.purchases" in text
    assert "silver.purchases e\\x1b1: purchases@1/0 offset 4 on 2024-05-01" in text
    assert "silver.purchases purchases/0: the stamp counts 9 rows, there are 8" in text


def test_a_passport_has_a_line_per_place() -> None:
    lines = [" ".join(line.split()) for line in shown(passport_report.report(PASSPORT)).splitlines()]
    for expected in (
        "purchases@1/0 offset 4",
        "where replayed",
        "bronze.raw_events 2024-05-01T10:00:03+00:00, snapshot 77",
        "silver.quarantine wrong_type, first seen 2024-05-01T10:00:05+00:00",
        "price at price: is no number",
        "replay r1 replayed at 2024-05-02",
        "duplicate of purchases@1/0 offset 3 in silver.purchases",
        "gold.customer_days day 2024-05-01, not yet",
        "broker to silver 5.25 s",
    ):
        assert expected in lines
    assert not [line for line in lines if line.startswith("produced")]


@pytest.mark.parametrize(("result", "code"), [(HOLDS, 0), (BROKEN, 1)])
def test_the_exit_code_is_the_verdict(monkeypatch: pytest.MonkeyPatch, result: dict[str, Any], code: int) -> None:
    ask, _ = client(run("WAITING"), run("SUCCEEDED", result=result))
    monkeypatch.setattr(proof, "require_running", lambda _home: type("State", (), {"ports": Ports()}))
    monkeypatch.setattr(proof, "Client", lambda _ports, timeout: ask)  # noqa: ARG005 - as the real one is called
    done = CliRunner().invoke(app, ["audit", "--json"])
    assert done.exit_code == code
    assert json.loads(done.stdout) == result


def test_an_event_is_asked_for_by_id_or_by_address() -> None:
    address = {"topic": "purchases", "partition": 0, "offset": 4711}
    nothing = dict.fromkeys(address)
    assert proof.passport_path("a/b c", nothing, 0) == "/health/events/a%2Fb%20c"
    path = "/health/events?topic=purchases&partition=0&offset=4711&epoch=1"
    assert proof.passport_path(None, address, 1) == path
    for event_id, where in ((None, nothing), ("e1", address), (None, address | {"offset": None})):
        with pytest.raises(typer.BadParameter):
            proof.passport_path(event_id, where, 0)
