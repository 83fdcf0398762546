"""Bronze's route beyond the control API: accepting, in writing, what the broker no longer has."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from shoplake_lake_kit.faults import Gap
from shoplake_lake_kit.resolution import Resolution
from shoplake_lake_kit.topic_life import life_name
from shoplake_service_kit.runner import JobRunner

from bronze_ingest.resolving import Inbox
from bronze_ingest.settings import BronzeConfig


class AcceptedGap(BaseModel):
    """Offsets that are gone and given up."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    topic: str = Field(description="The topic", min_length=1, max_length=249)
    epoch: int = Field(0, description="Its life, as in the refusal", ge=0)
    partition: int = Field(description="The partition", ge=0)
    start: int = Field(alias="from", description="First offset that is gone", ge=0)
    end: int = Field(alias="to", description="First offset after the gap", ge=0)


class ResolutionRequest(BaseModel):
    """What is accepted: exactly the `facts` of the refusal, who accepts it and why."""

    model_config = ConfigDict(extra="forbid")

    gaps: list[AcceptedGap] = Field(default=[], max_length=10_000, description="Every gap, no more and no less")
    topics: dict[str, str] = Field(default={}, max_length=1_000, description="Topic to its present id: new lives")
    cluster: str | None = Field(None, max_length=100, description="Id of the cluster to read from now on")
    accepted_by: str = Field(min_length=1, max_length=200, description="Who accepts it; kept in ops.data_loss")
    explanation: str = Field(min_length=1, max_length=2_000, description="Why; kept in ops.data_loss")

    def resolution(self) -> Resolution:
        """As the stage takes it."""
        gaps = [Gap(life_name(gap.topic, gap.epoch), gap.partition, gap.start, gap.end) for gap in self.gaps]
        return Resolution(frozenset(gaps), self.topics, self.cluster, self.accepted_by, self.explanation)


def resolve_router(runner: JobRunner[BronzeConfig], inbox: Inbox) -> APIRouter:
    """`POST /bronze/resolve`."""
    router = APIRouter(prefix="/bronze", tags=["bronze"])

    @router.post("/resolve", status_code=202, summary="Accept what the broker lost, and go on")
    def resolve(request: ResolutionRequest) -> dict[str, Any]:
        """Takes effect before the next batch; bronze is FAILED `resolution_differs` if it is not exactly the facts."""
        inbox.put(request.resolution())
        snapshot = runner.start()
        runner.wake()
        return {"state": snapshot.state, "accepted": request.model_dump(by_alias=True)}

    return router
