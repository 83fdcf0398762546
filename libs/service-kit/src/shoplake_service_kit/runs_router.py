"""The routes of long work: POST begins it and answers 202 with its Location, GET watches, DELETE cancels."""

from datetime import datetime
from typing import Any, Generic

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from .runs import R, Run, Runs, RunState
from .snapshot import Fault


class RunView(BaseModel, Generic[R]):
    """One run as it is now."""

    id: str = Field(description="Its name; the last part of its path.")
    state: RunState = Field(description="WAITING, RUNNING, SUCCEEDED, FAILED or CANCELLED.")
    request: R = Field(description="What was asked for.")
    created_at: datetime = Field(description="When it was asked for.")
    started_at: datetime | None = Field(description="When the work began.")
    ended_at: datetime | None = Field(description="When it ended.")
    progress: dict[str, Any] = Field(description="How far it is.")
    result: dict[str, Any] | None = Field(description="What came out of it, once it has SUCCEEDED.")
    error: Fault | None = Field(description="Why it FAILED.")


class RunList(BaseModel, Generic[R]):
    """The remembered runs, newest first."""

    runs: list[RunView[R]] = Field(description="Newest first.")


def runs_router(runs: Runs[R], request_type: type[R], summary: str) -> APIRouter:
    """Routes `POST`, `GET` on the collection and `GET`, `DELETE` on a run; `summary` says what a run does."""
    router = APIRouter(prefix=runs.collection, tags=["runs"])
    view, listing = RunView[request_type], RunList[request_type]  # type: ignore[valid-type]  # a model per kind of run, so that OpenAPI names its fields

    async def begin(request: request_type, response: Response) -> Any:  # type: ignore[valid-type]  # as above
        """Put a run in line; 409 while another one waits or runs."""
        run = runs.submit(request)
        response.headers["Location"] = runs.location(run)
        return _told(run)

    async def watch(run_id: str) -> Any:
        """How far a run is, or what came out of it."""
        return _told(runs.get(run_id))

    async def listed() -> Any:
        """The remembered runs, newest first."""
        return {"runs": [_told(run) for run in runs.all()]}

    async def cancel(run_id: str) -> Any:
        """Ask a run to end at the next place where it can."""
        return _told(runs.cancel(run_id))

    router.add_api_route(
        "", begin, methods=["POST"], status_code=202, response_model=view, summary=summary, response_model_by_alias=True
    )
    router.add_api_route("", listed, response_model=listing, summary="The remembered runs")
    router.add_api_route("/{run_id}", watch, response_model=view, summary="One run")
    router.add_api_route("/{run_id}", cancel, methods=["DELETE"], response_model=view, summary="Cancel a run")
    return router


def _told(run: Run[R]) -> dict[str, Any]:
    names = ("id", "state", "request", "created_at", "started_at", "ended_at", "progress", "result", "error")
    return {name: getattr(run, name) for name in names}
