"""What a runner looks like at one instant: the value that status answers, metrics and tests read."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, Self

from pydantic import BaseModel
from shoplake_contracts.errors import ShoplakeError
from shoplake_contracts.states import State

from .job import C


class Fault(BaseModel):
    """Why a service is FAILED, or what it is just trying again after."""

    code: str
    message: str
    remedy: str
    facts: dict[str, Any] = {}

    @classmethod
    def of(cls, error: BaseException) -> Self:
        """The fault behind an exception; one nobody foresaw keeps its type and text, for the operator's eyes."""
        if isinstance(error, ShoplakeError):
            facts = getattr(error, "facts", {})
            return cls(code=error.code, message=error.message, remedy=error.advice, facts=facts)
        message = f"{type(error).__name__}: {error}"
        return cls(code=ShoplakeError.code, message=message, remedy=ShoplakeError.remedy)


@dataclass(frozen=True)
class Snapshot(Generic[C]):
    """State, config, since when, the fault if there is one, and the job's own figures."""

    state: State
    config: C
    since: datetime
    error: Fault | None = None
    details: dict[str, Any] = field(default_factory=dict)


def now() -> datetime:
    """The wall clock in UTC."""
    return datetime.now(UTC)
