"""What a replay and a backfill can be asked for over HTTP."""

from datetime import date, timedelta
from typing import Self

from pydantic import AwareDatetime, Field, model_validator
from shoplake_contracts.reasons import Reason
from shoplake_service_kit.job import Config

# A topic or a rule that a newer or older release knows is no mistake, so names are bounded by form, not by a list.
TOPIC = r"^[A-Za-z0-9._-]{1,249}$"
RULE = r"^[a-z][a-z0-9_]{0,99}$"
MOST_DAYS = 400


class ReplayRequest(Config):
    """Which quarantined events to look at again; without any filter all that wait."""

    reason: Reason | None = Field(None, description="Only those quarantined for this reason")
    rule: str | None = Field(None, pattern=RULE, description="Only those that broke this rule")
    topic: str | None = Field(None, pattern=TOPIC, description="Only those of this topic")
    from_: AwareDatetime | None = Field(None, alias="from", description="Only those first seen at this time or later")
    to: AwareDatetime | None = Field(None, description="Only those first seen before this time")
    dry_run: bool = Field(default=False, description="Tell what would come of it and write nothing")


class BackfillRequest(Config):
    """Which days to compute again."""

    from_: date = Field(alias="from", description="First event day (UTC)")
    to: date = Field(description="Last event day (UTC)")

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if not self.from_ <= self.to < self.from_ + timedelta(days=MOST_DAYS):
            raise ValueError(f"`to` is at or after `from`, and at most {MOST_DAYS} days are computed at once")
        return self

    def days(self) -> set[date]:
        """Every day asked for."""
        return {self.from_ + timedelta(days=number) for number in range((self.to - self.from_).days + 1)}
