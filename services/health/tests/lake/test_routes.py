"""Audits and passports over HTTP: begun, polled, cancelled, counted; what does not fit is refused with a remedy."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from health.audit.recount import Recount
from health.audit.request import AuditRequest
from health.audit.worker import Auditor
from health.passport.lookup import Lookup
from health.passport.routes import passport_router
from shoplake_contracts.errors import CatalogUnavailable
from shoplake_service_kit.app import Service, create_app
from shoplake_service_kit.metrics import Metrics
from shoplake_service_kit.run_collection import RunCollection
from shoplake_service_kit.runs import Run
from shoplake_service_kit.settings import ControlSettings
from shoplake_service_kit.testing import PATIENCE, client
from structlog.testing import capture_logs

from .small_lake import Lake, typed

pytestmark = pytest.mark.anyio
Work = Callable[[Run[AuditRequest]], dict[str, Any]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """A failed run logs its traceback; drawing one for a terminal takes longer than the test."""
    with capture_logs():
        yield


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("health")


@pytest.fixture
def work(lake: Lake) -> list[Work]:
    """What the audits of a test do: first the real one; a test may put others in its place."""
    return [Recount(lake.settings, 128)]


@pytest.fixture
async def api(lake: Lake, metrics: Metrics, work: list[Work]) -> AsyncIterator[httpx.AsyncClient]:
    def do(run: Run[AuditRequest]) -> dict[str, Any]:
        return work[0](run)

    auditor = Auditor(do, metrics)
    service = Service(
        "health",
        "/health",
        "1.0",
        routers=[passport_router(Lookup(lake.settings))],
        runs=[RunCollection(auditor.runs, AuditRequest, "Recount")],
        on_start=[auditor.start],
        on_stop=[auditor.stop],
    )
    async with client(create_app(service, ControlSettings(), None)) as session:
        yield session


async def ended(api: httpx.AsyncClient, location: str) -> dict[str, Any]:
    return await reached(api, location, "SUCCEEDED", "FAILED", "CANCELLED")


async def reached(api: httpx.AsyncClient, location: str, *states: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while True:
        run: dict[str, Any] = (await api.get(location)).json()
        if run["state"] in states:
            return run
        assert time.monotonic() < deadline, run
        await asyncio.sleep(0.02)


def counted(metrics: Metrics, verdict: str) -> float:
    return metrics.counter("shoplake_audits_total").labels(verdict=verdict)._value.get()


async def test_an_audit_is_begun_ends_with_its_verdict_and_is_counted(
    api: httpx.AsyncClient, ten: Callable[..., Lake], metrics: Metrics
) -> None:
    lake = ten(landed=range(9))
    begun = await api.post("/health/audits", json={})
    assert begun.status_code == 202
    run = await ended(api, begun.headers["Location"])
    assert (run["state"], run["result"]["verdict"], run["progress"]["rows"]) == ("SUCCEEDED", "broken", 19)
    assert counted(metrics, "broken") == 1

    lake.publish("silver.purchases", {"purchases": [10]}, typed(9))
    again = await ended(api, (await api.post("/health/audits", json={"topics": ["purchases"]})).headers["Location"])
    assert again["result"]["holds"]
    assert counted(metrics, "holds") == 1


async def test_a_cancelled_audit_ends_and_the_next_one_runs(
    api: httpx.AsyncClient, work: list[Work], metrics: Metrics
) -> None:
    real = work[0]

    def reads_for_ever(run: Run[AuditRequest]) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            run.show(rows=1)
        raise AssertionError("nobody cancelled it")

    work[0] = reads_for_ever
    first = (await api.post("/health/audits", json={})).headers["Location"]
    await reached(api, first, "RUNNING")
    assert (await api.post("/health/audits", json={})).json()["code"] == "run_in_progress"
    await api.delete(first)
    assert (await ended(api, first))["state"] == "CANCELLED"
    assert (counted(metrics, "cancelled"), counted(metrics, "failed")) == (1, 0)

    work[0] = real
    second = (await api.post("/health/audits", json={})).headers["Location"]
    assert (await ended(api, second))["state"] == "SUCCEEDED"


async def test_an_audit_that_cannot_read_fails_with_the_code(
    api: httpx.AsyncClient, work: list[Work], metrics: Metrics
) -> None:
    def fails(_run: Run[AuditRequest]) -> dict[str, Any]:
        raise CatalogUnavailable("the storage is away")

    work[0] = fails
    run = await ended(api, (await api.post("/health/audits", json={})).headers["Location"])
    assert (run["state"], run["error"]["code"]) == ("FAILED", "catalog_unavailable")
    assert counted(metrics, "failed") == 1


async def test_a_file_that_is_gone_is_an_error_and_no_missing_event(
    api: httpx.AsyncClient, ten: Callable[..., Lake]
) -> None:
    lake = ten()
    table = lake.catalog.load_table("silver.purchases")
    for row in table.inspect.files().to_pylist():
        table.io.delete(row["file_path"])
    run = await ended(api, (await api.post("/health/audits", json={})).headers["Location"])
    assert (run["state"], run["error"]["code"]) == ("FAILED", "catalog_unavailable")


async def test_a_passport_by_id_and_by_address(api: httpx.AsyncClient, ten: Callable[..., Lake]) -> None:
    ten()
    by_id = await api.get("/health/events/id-purchases-0-3")
    by_address = await api.get("/health/events", params={"topic": "purchases", "partition": 0, "offset": 3})
    assert by_id.status_code == 200
    assert by_id.json() == by_address.json()


async def test_an_id_may_have_any_character(api: httpx.AsyncClient, ten: Callable[..., Lake]) -> None:
    ten()
    answer = await api.get("/health/events/a%2Fb%20c%27d")
    assert (answer.status_code, answer.json()["detail"]) == (404, 'no table has an event with the id "a/b c\'d"')


@pytest.mark.parametrize(
    "query",
    [
        "",
        "topic=purchases&partition=0",
        "topic=purchases&partition=-1&offset=0",
        "topic=purchases&partition=0&offset=x",
        "topic=purchases&partition=0&offset=9223372036854775807",
        "topic=pur%20chases&partition=0&offset=0",
        "topic=purchases&partition=0&offset=0&sql=1",
    ],
)
async def test_an_address_that_is_none_is_refused(api: httpx.AsyncClient, query: str) -> None:
    answer = await api.get(f"/health/events?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_an_id_that_is_too_long_is_refused(api: httpx.AsyncClient) -> None:
    assert (await api.get(f"/health/events/{'x' * 65}")).status_code == 422


async def test_openapi_names_the_routes(api: httpx.AsyncClient) -> None:
    paths = (await api.get("/openapi.json")).json()["paths"]
    assert {"/health/audits", "/health/audits/{run_id}", "/health/events"} <= paths.keys()
