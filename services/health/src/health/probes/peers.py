"""Asks the other services how they are."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from shoplake_contracts.states import State

ANSWER_WITHIN = 3.0


def authorization(token_file: str | None) -> dict[str, str]:
    """The header that shows health's token, if it has one."""
    return {"Authorization": f"Bearer {Path(token_file).read_text().strip()}"} if token_file else {}


async def statuses(peers: Mapping[str, tuple[str, str]], headers: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The state, error and URL of every service; `down` for one that does not answer."""
    async with httpx.AsyncClient(timeout=ANSWER_WITHIN, headers=headers) as client:
        answers = await asyncio.gather(*(_status(client, url, prefix) for url, prefix in peers.values()))
    return dict(zip(peers, answers, strict=True))


async def _status(client: httpx.AsyncClient, url: str, prefix: str) -> dict[str, Any]:
    try:
        answer = await client.get(f"{url}{prefix}/status")
        answer.raise_for_status()
        status = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        return {"state": "down", "error": {"message": str(error) or type(error).__name__}, "url": url}
    return {"state": status["state"], "error": status.get("error"), "url": url}


def worst(states: Mapping[str, Mapping[str, Any]]) -> str:
    """`ok` when every service runs or was told to rest, `failed` when one failed or is down, else `starting`."""
    found = {status["state"] for status in states.values()}
    if found & {"down", State.FAILED.value}:
        return "failed"
    return "starting" if found & {State.STARTING.value, State.STOPPING.value} else "ok"
