"""The control routes that every service has under its own prefix: ask for a state, see the state, change the config."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Generic

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from shoplake_contracts.states import State

from .job import C
from .runner import JobRunner
from .service import Plant, plant
from .snapshot import Fault, Snapshot

Behind = Annotated[Plant, Depends(plant)]


class Status(BaseModel, Generic[C]):
    """What a service does at this moment."""

    service: str = Field(description="Name of the service.")
    state: State = Field(description="STOPPED, STARTING, RUNNING, PAUSED, STOPPING or FAILED.")
    config: C = Field(description="Run-time config of this run, or of the next one.")
    since: datetime = Field(description="When the state was entered.")
    error: Fault | None = Field(description="Why it FAILED, or what it is just trying again after.")
    details: dict[str, Any] = Field(description="The service's own figures.")


def control_router(prefix: str, runner: JobRunner[C]) -> APIRouter:
    """Routes `GET status`, `POST start|stop|pause|resume|restart`, `GET|PUT config` under `prefix`.

    A change is answered with the status as soon as it is accepted: a state that takes time shows as STARTING or
    STOPPING, and `GET status` tells when it has settled.
    """
    router = APIRouter(prefix=prefix, tags=["control"])
    config_type = runner.config_type
    answer = Status[config_type]  # type: ignore[valid-type]  # a model per service, so that OpenAPI names its fields

    async def status(behind: Behind) -> Any:
        """The state, the config and the service's figures."""
        return _told(behind, await asyncio.to_thread(runner.status))

    async def config() -> Any:
        """The run-time config."""
        return runner.config

    async def put_config(behind: Behind, config: config_type) -> Any:  # type: ignore[valid-type]  # as above
        """Take another config: at once if it runs (the job is closed and opened), else for the next start."""
        return await _change(behind, lambda: runner.put_config(config))

    router.add_api_route("/status", status, response_model=answer)
    router.add_api_route("/config", config, response_model=config_type)
    router.add_api_route("/config", put_config, methods=["PUT"], response_model=answer)
    for begin in (runner.start, runner.restart):
        endpoint = _with_config(config_type, begin)
        router.add_api_route(f"/{begin.__name__}", endpoint, methods=["POST"], response_model=answer)
    for change in (runner.stop, runner.pause, runner.resume):
        endpoint = _plain(change)
        router.add_api_route(f"/{change.__name__}", endpoint, methods=["POST"], response_model=answer)
    return router


def _with_config(config_type: type[C], act: Callable[[C | None], Snapshot[C]]) -> Callable[..., Any]:
    async def endpoint(behind: Behind, config: config_type | None = None) -> Any:  # type: ignore[valid-type]  # as above
        return await _change(behind, lambda: act(_asked_for(config)))

    return _described(endpoint, act)


def _plain(act: Callable[[], Snapshot[C]]) -> Callable[..., Any]:
    async def endpoint(behind: Behind) -> Any:
        return await _change(behind, act)

    return _described(endpoint, act)


def _described(endpoint: Callable[..., Any], act: Callable[..., Any]) -> Callable[..., Any]:
    """Name and first paragraph of what it does: OpenAPI shows both."""
    endpoint.__name__ = act.__name__
    endpoint.__doc__ = (act.__doc__ or "").split("\n\n", 1)[0]
    return endpoint


def _asked_for(config: Any) -> Any:
    """None for `{}`, which asks for nothing in particular: like no body, it means the present config."""
    return config if config is not None and config.model_fields_set else None


async def _change(behind: Plant, act: Callable[[], Snapshot[C]]) -> dict[str, Any]:
    """Carry out one change at a time, and keep what was asked for."""
    async with behind.changing:
        snapshot = await asyncio.to_thread(act)
        if behind.desired is not None:
            await behind.desired.remember()
    return _told(behind, snapshot)


def _told(behind: Plant, snapshot: Snapshot[C]) -> dict[str, Any]:
    return {
        "service": behind.service.name,
        "state": snapshot.state,
        "config": snapshot.config,
        "since": snapshot.since,
        "error": snapshot.error,
        "details": snapshot.details,
    }
