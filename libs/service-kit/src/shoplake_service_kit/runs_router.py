"""The routes of long work: POST begins it and answers 202 with its Location, GET watches, DELETE cancels."""

from typing import Any, Generic

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from .run_collection import RunCollection, RunView, told
from .runs import R


class RunList(BaseModel, Generic[R]):
    """The remembered runs, newest first."""

    runs: list[RunView[R]] = Field(description="Newest first.")


def runs_router(collection: RunCollection[R]) -> APIRouter:
    """Routes `POST`, `GET` on the collection and `GET`, `DELETE` on a run."""
    runs, request_type = collection.runs, collection.request_type
    router = APIRouter(prefix=runs.collection, tags=["runs"])
    view, listing = collection.view, RunList[request_type]  # type: ignore[valid-type]  # a model per kind of run, so that OpenAPI names its fields

    async def begin(request: request_type, response: Response) -> Any:  # type: ignore[valid-type]  # as above
        """Put a run in line; 409 while another one waits or runs."""
        run = runs.submit(request)
        response.headers["Location"] = runs.location(run)
        return told(run)

    async def watch(run_id: str) -> Any:
        """How far a run is, or what came out of it."""
        return told(runs.get(run_id))

    async def listed() -> Any:
        """The remembered runs, newest first."""
        return {"runs": [told(run) for run in runs.all()]}

    async def cancel(run_id: str) -> Any:
        """Ask a run to end at the next place where it can."""
        return told(runs.cancel(run_id))

    router.add_api_route(
        "",
        begin,
        methods=["POST"],
        status_code=202,
        response_model=view,
        summary=collection.summary,
        response_model_by_alias=True,
    )
    router.add_api_route("", listed, response_model=listing, summary="The remembered runs")
    router.add_api_route("/{run_id}", watch, response_model=view, summary="One run")
    router.add_api_route("/{run_id}", cancel, methods=["DELETE"], response_model=view, summary="Cancel a run")
    return router
