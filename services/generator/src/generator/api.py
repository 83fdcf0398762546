"""The generator's routes beside the control API's: what it sent, its runs, the scenarios to choose from."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from . import scenarios
from .book import RunRecord
from .job import GeneratorJob


class Share(BaseModel):
    """A number of events and what part of all it is."""

    events: int
    share: float = Field(description="0 to 1")


class Distribution(BaseModel):
    """What the run that goes on, or the last one, has sent."""

    run_id: str | None
    total: int = Field(description="Confirmed messages")
    topics: dict[str, Share]
    event_types: dict[str, Share] = Field(description="Good events, without copies and spoilt ones")
    planted: dict[str, int] = Field(description="Faults by kind")


class RunList(BaseModel):
    """The runs since the service started."""

    runs: list[RunRecord] = Field(description="Newest first")


class ScenarioView(BaseModel):
    """A scenario to choose."""

    name: str
    doc: str


class ScenarioList(BaseModel):
    """All of them."""

    scenarios: list[ScenarioView]


def generator_router(job: GeneratorJob) -> APIRouter:
    """The routes over one job."""
    router = APIRouter(prefix="/generator", tags=["generator"])

    @router.get("/distribution", summary="What was sent, by topic and by event type")
    def distribution() -> Distribution:
        figures = job.details()
        topics, types = figures.get("per_topic", {}), figures.get("event_types", {})
        return Distribution(
            run_id=figures.get("run_id"),
            total=sum(topics.values()),
            topics=_shares(topics),
            event_types=_shares(types),
            planted=figures.get("planted", {}),
        )

    @router.get("/runs", summary="The runs since the service started")
    def runs() -> RunList:
        return RunList(runs=job.book.all())

    @router.get("/runs/{run_id}", summary="One run")
    def run(run_id: str) -> RunRecord:
        return job.book.get(run_id)

    @router.get("/scenarios", summary="Named days of a shop, for the config's scenario")
    def listed() -> ScenarioList:
        names = scenarios.names()
        return ScenarioList(scenarios=[ScenarioView(name=name, doc=scenarios.load(name).doc) for name in names])

    return router


def _shares(numbers: dict[str, Any]) -> dict[str, Share]:
    total = sum(numbers.values())
    return {name: Share(events=number, share=round(number / total, 4)) for name, number in sorted(numbers.items())}
