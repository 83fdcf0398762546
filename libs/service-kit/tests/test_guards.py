"""What a body may be, and what is answered when it is not."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Body
from shoplake_contracts.errors import NotFound, OffsetsGone
from shoplake_service_kit.app import Service, create_app
from shoplake_service_kit.guards import BODY_LIMIT, depth
from shoplake_service_kit.settings import ControlSettings
from shoplake_service_kit.testing import client

router = APIRouter()


@router.post("/echo")
async def echo(body: Annotated[Any, Body()]) -> Any:
    return body


@router.get("/refused")
async def refused() -> None:
    raise OffsetsGone("purchases/1: offsets 120-340 are gone, 220 events")


@router.get("/missing")
async def missing() -> None:
    raise NotFound("There is no run 7.", remedy="GET /runs lists them.")


@router.get("/broken")
async def broken() -> None:
    raise RuntimeError("the password is swordfish")


@pytest.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    async with client(
        create_app(Service("shop", "/shop", "1.0", routers=(router,)), ControlSettings(), None)
    ) as session:
        yield session


async def chunks(size: int, times: int) -> AsyncIterator[bytes]:
    for _ in range(times):
        yield b" " * size


JSON = {"content-type": "application/json"}


@pytest.mark.anyio
async def test_json_passes_with_a_charset_too(api: httpx.AsyncClient) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert (await api.post("/echo", content=b'{"a": [1]}', headers=headers)).json() == {"a": [1]}


@pytest.mark.anyio
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_other_media_types_are_415(api: httpx.AsyncClient, content_type: str) -> None:
    answer = await api.post("/echo", content=b"{}", headers={"content-type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (415, "not_json_request")


@pytest.mark.anyio
async def test_the_limit_holds_to_the_byte(api: httpx.AsyncClient) -> None:
    body = b'"' + b"x" * (BODY_LIMIT - 2) + b'"'
    assert (await api.post("/echo", content=body, headers=JSON)).status_code == 200
    answer = await api.post("/echo", content=body + b" ", headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.anyio
async def test_the_limit_holds_for_a_body_of_unsaid_length(api: httpx.AsyncClient) -> None:
    answer = await api.post("/echo", content=chunks(10_000, 7), headers=JSON)
    assert answer.status_code == 413


@pytest.mark.anyio
@pytest.mark.parametrize(("levels", "status"), [(32, 200), (33, 422), (20_000, 422)])
async def test_depth(api: httpx.AsyncClient, levels: int, status: int) -> None:
    answer = await api.post("/echo", content=b"[" * levels + b"]" * levels, headers=JSON)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("1", 0),
        ("{}", 1),
        ('{"a":[{}]}', 3),
        ('["[[[["]', 1),
        (r'["\"[[", []]', 2),
        (r'["\\", [[]]]', 3),
    ],
)
def test_depth_does_not_count_what_is_in_strings(text: str, levels: int) -> None:
    assert depth(text.encode()) == levels


@pytest.mark.anyio
@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"{'a': 1}"])
async def test_what_is_no_json_is_the_callers_fault(api: httpx.AsyncClient, body: bytes) -> None:
    answer = await api.post("/echo", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/refused", (409, "offsets_gone", "purchases/1: offsets 120-340 are gone, 220 events")),
        ("GET", "/missing", (404, "not_found", "There is no run 7.")),
        ("GET", "/nowhere", (404, "not_found", "There is no such path here.")),
        ("DELETE", "/echo", (405, "method_not_allowed", "This path does not answer to that method.")),
        ("GET", "/broken", (500, "internal_error", "Something went wrong that nobody foresaw.")),
    ],
)
async def test_every_error_is_a_problem(
    api: httpx.AsyncClient, method: str, path: str, expected: tuple[int, str, str]
) -> None:
    answer = await api.request(method, path)
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (body["status"], body["code"], body["detail"]) == expected
    assert body["type"] == f"urn:shoplake:error:{expected[1]}"
    assert answer.status_code == expected[0]
    assert body["title"]
    assert body["remedy"]
    assert "swordfish" not in answer.text
