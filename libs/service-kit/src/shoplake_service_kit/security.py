"""Who may ask for what: bearer tokens from a file, three roles, and loopback only while there are no tokens."""

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Self

from fastapi import Request
from shoplake_contracts.errors import Forbidden, InsecureBind, RequestError, SetupError, Unauthorized
from starlette.types import ASGIApp, Receive, Scope, Send

from .problems import problem_response

OPEN_PATHS = frozenset({"/livez", "/readyz"})
READING = frozenset({"GET", "HEAD", "OPTIONS"})
_LINE = re.compile(r"(viewer|operator|admin):([0-9a-f]{64})")


class Role(IntEnum):
    """What a caller may do; each role may do what the ones below it may."""

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3


@dataclass(frozen=True)
class Caller:
    """Who makes a request: a role, and a name that is a piece of the token's hash, never of the token."""

    role: Role
    who: str


LOCAL = Caller(Role.ADMIN, "local")
"""Everybody, while the service listens on loopback and has no tokens."""


class Tokens:
    """The tokens of a token file: lines `role:sha256hex`, blank lines and `#` comments aside."""

    def __init__(self, entries: tuple[tuple[str, Role], ...]) -> None:
        self._entries = entries

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a token file.

        Raises:
            SetupError: a line is something else, or there is none.
        """
        entries = []
        for number, line in enumerate(path.read_text().splitlines(), 1):
            text = line.split("#", 1)[0].strip()
            match = _LINE.fullmatch(text)
            if match:
                entries.append((match[2], Role[match[1].upper()]))
            elif text:
                raise SetupError(f"{path} line {number} is not role:sha256hex.", remedy="Correct the token file.")
        if not entries:
            raise SetupError(f"{path} holds no token.", remedy="Put a line role:sha256hex into the token file.")
        return cls(tuple(entries))

    def caller(self, authorization: str) -> Caller:
        """Who sent this Authorization header.

        Raises:
            Unauthorized: no bearer token, or one that is not in the file.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthorized("The request carries no bearer token.")
        digest = hashlib.sha256(token.strip().encode("utf-8", "surrogateescape")).hexdigest()
        # Every entry is compared, in constant time each: neither the place nor the likeness of a match shows.
        matches = [role for known, role in self._entries if hmac.compare_digest(known, digest)]
        if not matches:
            raise Unauthorized("The bearer token is not known here.")
        return Caller(max(matches), digest[:16])


def check_bind(host: str, *, tokens: bool) -> None:
    """Refuse to be open to the network without tokens.

    Raises:
        InsecureBind: `host` is not loopback and there are no tokens.
    """
    if not tokens and not _is_loopback(host):
        raise InsecureBind(f"{host} can be reached from other machines and there are no tokens.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def require(role: Role) -> Callable[[Request], Caller]:
    """A dependency for routes that need more than the floor: `Depends(require(Role.ADMIN))`."""

    def check(request: Request) -> Caller:
        caller: Caller = request.state.caller
        if caller.role < role:
            raise Forbidden(f"This needs the role {role.name.lower()}.")
        return caller

    return check


class Authentication:
    """ASGI middleware that finds out who calls, and the floor under every route: viewer to read, operator to change.

    A route that forgets to ask for a role is still guarded by this.
    """

    def __init__(self, app: ASGIApp, tokens: Tokens | None) -> None:
        self._app = app
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through with `caller` in its state, or answer 401 or 403."""
        if scope["type"] == "http":
            try:
                scope.setdefault("state", {})["caller"] = self._admit(scope)
            except RequestError as error:
                await problem_response(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _admit(self, scope: Scope) -> Caller | None:
        if self._tokens is None:
            return LOCAL
        if scope["path"] in OPEN_PATHS and not scope["query_string"]:
            return None
        caller = self._tokens.caller(dict(scope["headers"]).get(b"authorization", b"").decode("latin-1"))
        floor = Role.VIEWER if scope["method"] in READING else Role.OPERATOR
        if caller.role < floor:
            raise Forbidden(f"This needs the role {floor.name.lower()}.")
        return caller
