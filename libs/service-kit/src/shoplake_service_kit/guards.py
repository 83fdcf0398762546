"""What a request must look like before any route sees it: for a host we are, and a small flat JSON body."""

from urllib.parse import urlsplit

from shoplake_contracts.errors import BodyTooLarge, Forbidden, HostNotAllowed, InvalidRequest, NotJson, RequestError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import problem_response
from .security import OPEN_PATHS

BODY_LIMIT = 64 * 1024
DEPTH_LIMIT = 32


class HostGuard:
    """ASGI middleware that answers to the allowed host names only, and to no other site's scripts.

    A page on a strange site can make a browser call 127.0.0.1 under a name of its own (DNS rebinding), or post to it
    blindly (the Origin header gives it away). The probes are exempt: an orchestrator calls them by address.
    """

    def __init__(self, app: ASGIApp, allowed: tuple[str, ...]) -> None:
        self._app = app
        self._allowed = frozenset(name.lower() for name in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer 421 or 403."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] == "http" and scope["path"] not in OPEN_PATHS:
            try:
                self._check(dict(scope["headers"]))
            except RequestError as error:
                await problem_response(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, headers: dict[bytes, bytes]) -> None:
        host = headers.get(b"host", b"").decode("latin-1")
        if _name(f"//{host}") not in self._allowed:
            raise HostNotAllowed("The Host header names another host.")
        origin = headers.get(b"origin")
        if origin is not None and _name(origin.decode("latin-1")) not in self._allowed:
            raise Forbidden("The request comes from another site's page.", remedy="Call the API without a browser.")


def _name(url: str) -> str:
    """The host of a URL without its port, an IPv6 address in brackets; empty if there is none."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return f"[{host}]" if ":" in host else host


class BodyGuard:
    """ASGI middleware that reads the body itself, stops at 64 KiB, and lets only flat enough JSON through.

    The limit holds while reading: a chunked body without a length cannot fill the memory first.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the whole body on as one message, or answer 413, 415 or 422."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await _read(receive)
            if body:
                _check_body(dict(scope["headers"]).get(b"content-type", b""), body)
        except RequestError as error:
            await problem_response(error)(scope, receive, send)
            return
        except ConnectionResetError:
            return
        await self._app(scope, _replay(body, receive), send)


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_LIMIT:
            raise BodyTooLarge(f"The body is larger than {BODY_LIMIT} bytes.")
    return bytes(body)


def _check_body(content_type: bytes, body: bytes) -> None:
    if content_type.split(b";", 1)[0].strip().lower() != b"application/json":
        raise NotJson("The body is not declared as JSON.")
    if depth(body) > DEPTH_LIMIT:
        raise InvalidRequest(f"The body is nested deeper than {DEPTH_LIMIT} levels.")


def depth(body: bytes) -> int:
    """How deep a JSON text nests, without parsing it: brackets inside strings do not count."""
    deepest = level = 0
    in_string = escaped = False
    for byte in body:
        if in_string:
            in_string = escaped or byte != ord('"')
            escaped = not escaped and byte == ord("\\")
        elif byte == ord('"'):
            in_string = True
        elif byte in b"[{":
            level += 1
            deepest = max(deepest, level)
        elif byte in b"]}":
            level -= 1
    return deepest


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body once, then whatever the connection says next (a disconnect)."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed
