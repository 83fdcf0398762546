"""What an orchestrator and Prometheus ask: is it alive, is it ready, what does it measure."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field

from .service import Plant, plant

router = APIRouter(tags=["probes"])


class Liveness(BaseModel):
    """The process answers."""

    alive: bool = True


class Readiness(BaseModel):
    """Whether the service can do what it is told."""

    ready: bool
    checks: dict[str, bool] | None = Field(default=None, description="By name, when asked for with ?verbose.")


@router.get("/livez")
async def livez() -> Liveness:
    """200 as long as the process answers."""
    return Liveness()


@router.get("/readyz", response_model_exclude_none=True, responses={503: {"model": Readiness}})
async def readyz(
    response: Response,
    behind: Annotated[Plant, Depends(plant)],
    verbose: Annotated[str | None, Query(description="List the checks.")] = None,
) -> Readiness:
    """200 if the job is running, paused or stopped and everything it rests on is known; else 503."""
    checks = behind.checks()
    ready = all(checks.values())
    response.status_code = 200 if ready else 503
    return Readiness(ready=ready, checks=checks if verbose is not None and verbose != "false" else None)


@router.get("/metrics", response_class=Response, responses={200: {"content": {CONTENT_TYPE_LATEST: {}}}})
async def metrics(behind: Annotated[Plant, Depends(plant)]) -> Response:
    """All metrics in Prometheus' text format."""
    return Response(behind.metrics.render(), media_type=CONTENT_TYPE_LATEST)
