"""Silver's routes without Spark: quarantine read from tables that PyIceberg wrote, runs asked for and refused."""

import base64
import hashlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
from pyiceberg.catalog import load_catalog
from shoplake_contracts import tables
from shoplake_lake_kit.settings import LakeSettings
from shoplake_service_kit.app import Service, create_app
from shoplake_service_kit.metrics import Metrics
from shoplake_service_kit.settings import ControlSettings
from shoplake_service_kit.testing import client
from silver_process.api import quarantine_router
from silver_process.errands import Wishes
from silver_process.quarantine_view import QuarantineView

pytestmark = pytest.mark.anyio
SEEN = datetime(2025, 3, 4, 12, tzinfo=UTC)
FAULT = pa.struct([("rule", pa.string()), ("path", pa.string()), ("message", pa.string())])
TYPES = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "binary": pa.binary(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "array<struct<rule:string,path:string,message:string>>": pa.list_(FAULT),
}
REASONS = ["not_json", "too_old", "too_old", "unknown_event_type", "too_old"]
TYPES_OF_EVENTS = [None, "purchase", "purchase", "<script>", "page_view"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def fault(reason: str) -> dict[str, str]:
    rule = "timestamp_not_too_old" if reason == "too_old" else reason
    return {"rule": rule, "path": "$", "message": "a sentence"}


def quarantined() -> list[dict[str, Any]]:
    """Five events, two of them first seen at the same moment, on two days."""
    row = {"epoch": 0, "partition": 0, "kafka_timestamp": SEEN, "ingested_at": SEEN, "rule_version": 1}
    hours = [0, 0, 1, 2, 30]
    return [
        row | {
            "topic": "purchases" if offset < 4 else "page-views", "offset": offset, "value": f"event {offset}".encode(),
            "reason": reason, "errors": [fault(reason)], "event_type": TYPES_OF_EVENTS[offset],
            "first_seen": SEEN + timedelta(hours=hours[offset]), "processing_time": SEEN,
        }
        for offset, reason in enumerate(REASONS)
    ]  # fmt: skip


def outcomes() -> list[dict[str, Any]]:
    """Offset 1 was still bad and came home later; offset 3 is still bad, for another reason now."""
    row = {"topic": "purchases", "epoch": 0, "partition": 0}
    told = [(1, "r1", "still_bad", "too_old", 1), (1, "r2", "replayed", None, 2), (3, "r2", "still_bad", "too_old", 2)]
    return [
        row | {"offset": offset, "run_id": run, "outcome": outcome, "reason": reason, "at": SEEN + timedelta(days=day)}
        for offset, run, outcome, reason, day in told
    ]


@pytest.fixture
def lake(tmp_path: Path) -> LakeSettings:
    return LakeSettings(catalog_uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=f"file://{tmp_path}/warehouse")


@pytest.fixture
def filled(lake: LakeSettings) -> Iterator[None]:
    """The two tables with their rows."""
    with load_catalog("iceberg", type="sql", uri=lake.catalog_uri, warehouse=lake.warehouse) as catalog:
        catalog.create_namespace("silver")
        for name, rows in (("silver.quarantine", quarantined()), ("silver.quarantine_outcomes", outcomes())):
            schema = pa.schema([(column.name, TYPES[column.type]) for column in tables.load()[name].columns])
            catalog.create_table(name, schema).append(pa.Table.from_pylist(rows, schema))
        yield


@pytest.fixture
def wishes() -> Wishes:
    return Wishes(Metrics("silver-process"))


def silver(lake: LakeSettings, wishes: Wishes) -> Service:
    """The routes of silver without its job."""
    routers = [quarantine_router(QuarantineView(lake))]
    return Service("silver-process", "/silver", "1.0", routers=routers, runs=wishes.collections())


@pytest.fixture
async def api(lake: LakeSettings, wishes: Wishes) -> AsyncIterator[httpx.AsyncClient]:
    service = Service(
        "silver-process", "/silver", "1.0", routers=[quarantine_router(QuarantineView(lake))], runs=wishes.collections()
    )
    async with client(create_app(service, ControlSettings(), None)) as session:
        yield session


async def offsets(api: httpx.AsyncClient, **asked: str | int) -> list[int]:
    answer = await api.get("/silver/quarantine", params=asked)
    assert answer.status_code == 200, answer.text
    return [event["offset"] for event in answer.json()["events"]]


async def test_before_silver_has_started_nothing_is_in_quarantine(api: httpx.AsyncClient) -> None:
    assert (await api.get("/silver/quarantine")).json() == {"events": [], "next": None}
    assert (await api.get("/silver/quarantine/summary")).json() == {"total": 0, "groups": []}


@pytest.mark.usefixtures("filled")
async def test_an_event_is_told_with_reason_and_status_and_without_payload(api: httpx.AsyncClient) -> None:
    events = (await api.get("/silver/quarantine")).json()["events"]
    assert [event["offset"] for event in events] == [4, 3, 2, 0, 1]
    assert [event["status"] for event in events] == ["waiting", "still_bad", "waiting", "waiting", "replayed"]
    assert (events[1]["reason"], events[1]["reason_now"]) == ("unknown_event_type", "too_old")
    assert events[1]["errors"] == [fault("unknown_event_type")]
    assert (events[4]["run_id"], events[4]["decided_at"]) == ("r2", "2025-03-06T12:00:00Z")
    assert {event["value"] for event in events} == {None}


@pytest.mark.usefixtures("filled")
async def test_filters(api: httpx.AsyncClient) -> None:
    assert await offsets(api, reason="too_old") == [4, 2, 1]
    assert await offsets(api, rule="timestamp_not_too_old", topic="purchases") == [2, 1]
    assert await offsets(api, status="waiting") == [4, 2, 0]
    assert await offsets(api, **{"from": "2025-03-04T13:00:00Z", "to": "2025-03-05T00:00:00Z"}) == [3, 2]


@pytest.mark.usefixtures("filled")
async def test_pages_have_every_event_once(api: httpx.AsyncClient) -> None:
    seen, cursor = [], None
    for _ in range(3):
        page = (
            await api.get("/silver/quarantine", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        seen += [event["offset"] for event in page["events"]]
        cursor = page["next"]
    assert (seen, cursor) == ([4, 3, 2, 0, 1], None)


@pytest.mark.usefixtures("filled")
async def test_payloads_only_when_asked_for(api: httpx.AsyncClient) -> None:
    events = (await api.get("/silver/quarantine", params={"include": "value", "topic": "purchases"})).json()["events"]
    payloads = {event["offset"]: base64.b64decode(event["value"]) for event in events}
    assert payloads == {offset: f"event {offset}".encode() for offset in range(4)}


@pytest.mark.usefixtures("filled")
async def test_payloads_need_the_role_operator(lake: LakeSettings, wishes: Wishes, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text(
        "".join(f"{role}:{hashlib.sha256(role.encode()).hexdigest()}\n" for role in ("viewer", "operator"))
    )
    app = create_app(
        Service(
            "silver-process",
            "/silver",
            "1.0",
            routers=[quarantine_router(QuarantineView(lake))],
            runs=wishes.collections(),
        ),
        ControlSettings(token_file=tokens),
        None,
    )
    statuses = {}
    for role in ("viewer", "operator"):
        async with client(app, token=role) as session:
            plain = await session.get("/silver/quarantine")
            payloads = await session.get("/silver/quarantine", params={"include": "value"})
        statuses[role] = (plain.status_code, payloads.status_code)
    assert statuses == {"viewer": (200, 403), "operator": (200, 200)}


@pytest.mark.usefixtures("filled")
async def test_the_summary_counts_by_reason_type_status_and_day(api: httpx.AsyncClient) -> None:
    summary = (await api.get("/silver/quarantine/summary")).json()
    groups = {
        (group["day"], group["reason"], group["event_type"], group["status"]): group["events"]
        for group in summary["groups"]
    }
    assert groups == {
        ("2025-03-05", "too_old", "page_view", "waiting"): 1,
        ("2025-03-04", "too_old", "purchase", "waiting"): 1,
        ("2025-03-04", "too_old", "purchase", "replayed"): 1,
        ("2025-03-04", "not_json", None, "waiting"): 1,
        ("2025-03-04", "unknown_event_type", "other", "still_bad"): 1,
    }
    assert summary["total"] == 5


@pytest.mark.parametrize(
    "asked",
    [
        {"reason": "invented"},
        {"status": "lost"},
        {"topic": "a'b"},
        {"limit": "0"},
        {"limit": "51", "include": "value"},
        {"cursor": "bm90IGpzb24"},
        {"from": "2025-03-04T13:00:00"},
        {"sql": "x"},
    ],
)
async def test_what_is_no_filter_is_refused(api: httpx.AsyncClient, asked: dict[str, str]) -> None:
    answer = await api.get("/silver/quarantine", params=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        ("/silver/replays", {"reason": "too_old", "from": "2025-03-04T00:00:00Z", "dry_run": True}),
        ("/silver/backfills", {"from": "2025-03-04", "to": "2025-03-05"}),
    ],
)
async def test_a_run_is_asked_for_and_waits_for_the_job(
    api: httpx.AsyncClient, wishes: Wishes, path: str, wish: dict[str, Any]
) -> None:
    woken: list[str] = []
    wishes.wake(lambda: woken.append("woken"))
    begun = await api.post(path, json=wish)
    assert (begun.status_code, begun.json()["state"], woken) == (202, "WAITING", ["woken"])
    assert wish.items() <= begun.json()["request"].items()
    assert (await api.post(path, json=wish)).json()["code"] == "run_in_progress"
    assert (await api.delete(begun.headers["Location"])).json()["state"] == "CANCELLED"


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        ("/silver/replays", {"reason": "invented"}),
        ("/silver/replays", {"where": "1=1"}),
        ("/silver/backfills", {"from": "2025-03-05", "to": "2025-03-04"}),
        ("/silver/backfills", {"from": "2024-01-01", "to": "2025-03-04"}),
        ("/silver/backfills", {}),
    ],
)
async def test_a_wish_that_does_not_fit_is_refused(api: httpx.AsyncClient, path: str, wish: dict[str, Any]) -> None:
    assert (await api.post(path, json=wish)).status_code == 422
