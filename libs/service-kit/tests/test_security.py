"""Who is let in, as what, from where."""

import hashlib
from pathlib import Path

import pytest
from fastapi import APIRouter, Depends
from shoplake_contracts.errors import InsecureBind, SetupError, Unauthorized
from shoplake_service_kit.app import Service, create_app
from shoplake_service_kit.security import Caller, Role, Tokens, check_bind, require
from shoplake_service_kit.settings import ControlSettings
from shoplake_service_kit.testing import client

router = APIRouter()


@router.get("/things")
async def read() -> str:
    return "read"


@router.post("/things")
async def change() -> str:
    return "changed"


@router.delete("/things", dependencies=[Depends(require(Role.ADMIN))])
async def destroy() -> str:
    return "gone"


SERVICE = Service("shop", "/shop", "1.0", routers=(router,))


def line(role: str, token: str) -> str:
    return f"{role}:{hashlib.sha256(token.encode()).hexdigest()}"


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "tokens"
    path.write_text(
        f"# people\n{line('viewer', 'v')}\n\n{line('operator', 'o')}  # night shift\n{line('admin', 'a')}\n"
    )
    return path


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("token", "statuses"),
    [
        (None, (401, 401, 401, 401)),
        ("wrong", (401, 401, 401, 401)),
        ("v", (200, 403, 403, 200)),
        ("o", (200, 200, 403, 200)),
        ("a", (200, 200, 200, 200)),
    ],
)
async def test_roles(token_file: Path, token: str | None, statuses: tuple[int, ...]) -> None:
    app = create_app(SERVICE, ControlSettings(token_file=token_file), None)
    async with client(app, token=token) as api:
        answers = [
            await api.request(method, path)
            for method, path in (("GET", "/things"), ("POST", "/things"), ("DELETE", "/things"), ("GET", "/metrics"))
        ]
    assert tuple(answer.status_code for answer in answers) == statuses


@pytest.mark.anyio
async def test_probes_are_open_but_tell_no_details(token_file: Path) -> None:
    app = create_app(SERVICE, ControlSettings(token_file=token_file), None)
    async with client(app) as api:
        assert (await api.get("/livez")).status_code == 200
        assert (await api.get("/readyz")).json() == {"ready": True}
        refused = await api.get("/readyz?verbose")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert refused.json()["code"] == "unauthorized"


@pytest.mark.anyio
async def test_without_tokens_everybody_on_loopback_is_admin() -> None:
    async with client(create_app(SERVICE, ControlSettings(), None)) as api:
        assert (await api.delete("/things")).json() == "gone"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "127.0.0.1:8101"}, 200),
        ({"host": "LOCALHOST"}, 200),
        ({"host": "[::1]:8101"}, 200),
        ({"host": "shop.example"}, 421),
        ({"host": "127.0.0.1.shop.example"}, 421),
        ({"host": "127.0.0.1@shop.example"}, 421),
        ({"host": ""}, 421),
        ({"origin": "http://localhost:8100"}, 200),
        ({"origin": "https://shop.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
async def test_host_and_origin(headers: dict[str, str], status: int) -> None:
    async with client(create_app(SERVICE, ControlSettings(), None)) as api:
        answer = await api.post("/things", headers=headers)
        probe = await api.get("/livez", headers=headers)
    assert answer.status_code == status
    assert probe.status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.7", "::", "shop.example"])  # noqa: S104 - what is to be refused
def test_an_open_address_needs_tokens(host: str, token_file: Path) -> None:
    with pytest.raises(InsecureBind):
        create_app(SERVICE, ControlSettings(host=host), None)
    create_app(SERVICE, ControlSettings(host=host, token_file=token_file), None)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"])
def test_loopback_needs_none(host: str) -> None:
    check_bind(host, tokens=False)


@pytest.mark.parametrize("text", ["", "# nothing\n", "root:" + "0" * 64, "admin:secret", "admin"])
def test_a_token_file_that_cannot_be_meant_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tokens"
    path.write_text(text)
    with pytest.raises(SetupError):
        Tokens.load(path)


def test_a_caller_is_named_by_a_piece_of_the_hash(token_file: Path) -> None:
    tokens = Tokens.load(token_file)
    assert tokens.caller("Bearer o") == Caller(Role.OPERATOR, hashlib.sha256(b"o").hexdigest()[:16])
    for header in ("", "Bearer", "Bearer ", "Basic o", "o"):
        with pytest.raises(Unauthorized):
            tokens.caller(header)
