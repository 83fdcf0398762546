"""The replay after the load: killed on the way, done again until it is through, and once more to change nothing."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
from stack import Stack

from prove.watch import ProofError, Watch

ROUTE = "/silver/replays"
SECONDS = 900.0


def replay(stack: Stack, watch: Watch, say: Callable[[str], None]) -> dict[str, Any]:
    """Replay all of quarantine; returns the run's result.

    Raises:
        ProofError: it failed or did not end.
    """
    location = _begun(stack, watch)
    run: dict[str, Any] = {}

    def ended() -> bool:
        with suppress(httpx.HTTPError):
            run.update(stack.get("silver-process", location))
        return "state" in run and run["state"] not in ("WAITING", "RUNNING")

    began = time.monotonic()
    if not watch.wait(ended, SECONDS, "the replay ends", every=1.0) or run["state"] != "SUCCEEDED":
        raise ProofError(f"the replay ended as {run.get('state')}: {run.get('error')}")
    say(f"replayed in {time.monotonic() - began:.0f} s: {run['result']['outcomes']}")
    return dict(run["result"])


def _begun(stack: Stack, watch: Watch) -> str:
    location: list[str] = []

    def accepted() -> bool:
        try:
            answer = stack.post("silver-process", ROUTE)
        except httpx.HTTPError:
            return False
        if answer.status_code == 202:
            location.append(answer.headers["location"])
        return answer.status_code == 202

    if not watch.wait(accepted, 60, "the replay is accepted", every=1.0):
        raise ProofError("the replay was not accepted within a minute")
    return location[0]
