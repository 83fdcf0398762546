"""How often which fault is planted."""

from typing import Self

from pydantic import Field, model_validator
from shoplake_contracts.reasons import Reason
from shoplake_service_kit.job import Config

MOST_DEFECTS = 0.9
LARGE_ONES = 0.02
"""A megabyte each: as many of them as of the others would be most of a run's bytes."""


class DefectRates(Config):
    """Shares of the events, or of the visits where it says so."""

    late: float = Field(0.0, ge=0, le=1, description="Of the visits: told an hour to two days after they happened")
    clock_skew: float = Field(0.0, ge=0, le=1, description="Of the visits: by a clock up to four minutes wrong")
    out_of_order: float = Field(0.0, ge=0, le=0.5, description="Sent up to a thousand events later than their turn")
    duplicate: float = Field(0.0, ge=0, le=0.5, description="An earlier event is sent again, the same bytes")
    duplicate_elsewhere: float = Field(0.0, ge=0, le=0.5, description="The same, through the topic raw-events")
    new_field: float = Field(0.0, ge=0, le=0.5, description="With a field that the contract does not know")
    changed_type: float = Field(0.0, ge=0, le=0.5, description="With a field of another type than the contract's")
    malformed: dict[Reason, float] = Field(
        default_factory=dict, description="Spoilt, by reason for quarantine: of the events that can be spoilt so"
    )

    @model_validator(mode="after")
    def _some_events_are_sound(self) -> Self:
        visits = self.late + self.clock_skew
        events = sum(share for _, share in self.of_events())
        if visits > 1 or events > MOST_DEFECTS:
            raise ValueError(f"shares of visits add up to at most 1, of events to at most {MOST_DEFECTS}")
        if min(self.malformed.values(), default=0) < 0:
            raise ValueError("a share is not below 0")
        return self

    def of_events(self) -> list[tuple[str, float]]:
        """The kinds that are drawn anew for each event, with their shares."""
        named = ("out_of_order", "duplicate", "duplicate_elsewhere", "new_field", "changed_type")
        return [(name, getattr(self, name)) for name in named] + [(str(why), n) for why, n in self.malformed.items()]

    def plus(self, invalid: float, duplicate: float) -> "DefectRates":
        """The same with so many more spoilt ones, of every reason alike, and so many more copies."""
        malformed = dict(self.malformed)
        weights = {reason: LARGE_ONES if reason is Reason.TOO_LARGE else 1.0 for reason in Reason}
        for reason, weight in weights.items():
            malformed[reason] = malformed.get(reason, 0.0) + invalid * weight / sum(weights.values())
        return self.model_copy(
            update={"malformed": malformed if invalid else self.malformed, "duplicate": self.duplicate + duplicate}
        )
