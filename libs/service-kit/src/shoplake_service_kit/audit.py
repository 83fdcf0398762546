"""Every control call leaves a trace on `pipeline-audit`: who (hashed), what, with which result; and it is counted."""

from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .metrics import Metrics
from .outbox import Outbox
from .security import READING, Caller

TOPIC = "pipeline-audit"
PATH_LIMIT = 200


class Audit:
    """Records control calls of one service.

    Args:
        service: Name of the service, the key of its records.
        metrics: Where calls are counted by status.
        outbox: Where the records go; None keeps the count alone.
    """

    def __init__(self, service: str, metrics: Metrics, outbox: Outbox | None) -> None:
        self._service = service
        self._outbox = outbox
        self._calls = metrics.counter("shoplake_control_calls_total")

    def record(self, caller: Caller | None, method: str, path: str, status: int) -> None:
        """Count a call and put it on record; returns at once."""
        self._calls.labels(service=self._service, status=str(status)).inc()
        if self._outbox is not None:
            record = {
                "service": self._service,
                "at": datetime.now(UTC).isoformat(),
                "who": caller.who if caller else None,
                "role": caller.role.name.lower() if caller else None,
                "what": f"{method} {path[:PATH_LIMIT]}",
                "result": status,
            }
            self._outbox.put(TOPIC, self._service, record)


class AuditTrail:
    """ASGI middleware around all others, so that refused calls are on record too. Reading is not recorded."""

    def __init__(self, app: ASGIApp, audit: Audit) -> None:
        self._app = app
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on and record the status that was answered."""
        if scope["type"] != "http" or scope["method"] in READING:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            self._audit.record(state.get("caller"), scope["method"], scope["path"], status)
