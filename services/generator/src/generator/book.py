"""The runs since this process began, as the API lists them; the topic `generator-manifest` has all there ever were."""

from collections.abc import Mapping
from threading import Lock
from typing import Any

from pydantic import BaseModel, Field
from shoplake_contracts.errors import NotFound

from .settings import GeneratorConfig

REMEMBERED = 100


class RunRecord(BaseModel):
    """One run."""

    run_id: str
    seed: int = Field(description="With config and a fixed clock it decides every byte")
    config: GeneratorConfig
    started_at: str
    ended_at: str | None = Field(None, description="null while it goes on")
    done: bool = Field(default=False, description="Whether all asked-for events are confirmed")
    acknowledged: int = Field(0, description="Events that the broker confirmed")
    per_topic: dict[str, int] = Field(default_factory=dict)
    planted: dict[str, int] = Field(default_factory=dict, description="Faults by kind")
    error: str | None = Field(None, description="Why its end is not in the manifest")


class RunBook:
    """Written by the job's thread, read by the API's."""

    def __init__(self) -> None:
        self._runs: dict[str, RunRecord] = {}
        self._lock = Lock()

    def begun(self, run_id: str, seed: int, config: GeneratorConfig, at: str) -> None:
        """A run begins."""
        with self._lock:
            self._runs[run_id] = RunRecord(run_id=run_id, seed=seed, config=config, started_at=at)
            for old in list(self._runs)[:-REMEMBERED]:
                del self._runs[old]

    def ended(self, run_id: str, at: str, figures: Mapping[str, Any], error: str | None) -> None:
        """It has ended, with these figures."""
        changes = {name: figures[name] for name in ("done", "acknowledged", "per_topic", "planted")}
        with self._lock:
            self._runs[run_id] = self._runs[run_id].model_copy(update=changes | {"ended_at": at, "error": error})

    def all(self) -> list[RunRecord]:
        """The newest first."""
        with self._lock:
            return list(self._runs.values())[::-1]

    def get(self, run_id: str) -> RunRecord:
        """One of them.

        Raises:
            NotFound: there is none of this id, or it is older than what is remembered.
        """
        with self._lock:
            if run_id not in self._runs:
                raise NotFound(f"There is no run {run_id}; GET /generator/runs lists them.")
            return self._runs[run_id]
