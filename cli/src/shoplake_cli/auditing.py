"""Begins an audit, shows how far it is, and waits for its result; cancels it when the person gives up."""

import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text
from shoplake_contracts.errors import ShoplakeError

from shoplake_cli.client import Client
from shoplake_cli.stack.output import printable
from shoplake_cli.stack.services import HEALTH

COLLECTION = "/health/audits"
OPEN = ("WAITING", "RUNNING")
LOOK_EVERY = 0.5


class AuditEndedError(ShoplakeError):
    """The audit came to no result."""

    code = "audit_ended"
    remedy = "Run shoplake audit again; the log of health says more."


def run_audit(client: Client, request: Mapping[str, Any], *, every: float = LOOK_EVERY) -> dict[str, Any]:
    """The result of an audit that is run now.

    Args:
        client: Of a running stack.
        request: As `POST /health/audits` takes it.
        every: Seconds from look to look.

    Raises:
        AuditEndedError: It failed or was cancelled.
        RequestError: Another audit runs.
        ServiceDown: Health does not answer.
    """
    run = client.post(HEALTH, COLLECTION, request)
    path = f"{COLLECTION}/{run['id']}"
    try:
        run = _followed(client, path, every)
    except KeyboardInterrupt:
        client.delete(HEALTH, path)
        raise
    if run["state"] != "SUCCEEDED":
        error = run["error"] or {"message": "somebody cancelled it", "remedy": None}
        raise AuditEndedError(f"the audit is {run['state']}: {error['message']}", remedy=error["remedy"])
    result: dict[str, Any] = run["result"]
    return result


def _followed(client: Client, path: str, every: float) -> dict[str, Any]:
    # On the error stream: the result alone goes to the output.
    with Console(stderr=True, highlight=False).status("waiting") as shown:
        while True:
            run = client.get(HEALTH, path)
            if run["state"] not in OPEN:
                return run
            shown.update(Text(_progress(run["progress"])))
            time.sleep(every)


def _progress(progress: Mapping[str, Any]) -> str:
    step = printable(str(progress.get("step", "waiting")))
    return f"{step} · {progress['rows']:,} addresses read" if progress.get("rows") else step
