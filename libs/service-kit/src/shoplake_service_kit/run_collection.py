"""Runs of one kind as a service offers them: what they are asked with, what they do, and how one looks as JSON."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic

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


@dataclass(frozen=True)
class RunCollection(Generic[R]):
    """Offered over HTTP, and kept over a restart.

    Attributes:
        runs: The register.
        request_type: What a run is asked for with.
        summary: What a run does, in one line for OpenAPI.
    """

    runs: Runs[R]
    request_type: type[R]
    summary: str

    @property
    def view(self) -> type[RunView[R]]:
        """The model of one run: one per kind, so that OpenAPI names the fields of its request."""
        return RunView[self.request_type]  # type: ignore[name-defined]  # a model made at run time


def told(run: Run[R]) -> dict[str, Any]:
    """The values of a run's view."""
    return {name: getattr(run, name) for name in RunView.model_fields}
