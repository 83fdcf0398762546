"""What quarantine can be asked over HTTP, and what it answers."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple, Self

from pydantic import AwareDatetime, BaseModel, Field, model_validator
from shoplake_contracts.reasons import Reason
from shoplake_service_kit import cursor
from shoplake_service_kit.job import Config

from silver_process.wishes import RULE, TOPIC

MOST_VALUES = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Status(StrEnum):
    """What became of an event: its newest outcome, `waiting` before the first."""

    WAITING = "waiting"
    REPLAYED = "replayed"
    STILL_BAD = "still_bad"
    DISCARDED = "discarded"


class Filter(Config):
    """Which quarantined events; all conditions hold together."""

    reason: Reason | None = Field(None, description="Quarantined for this reason")
    rule: str | None = Field(None, pattern=RULE, description="Broke this rule")
    topic: str | None = Field(None, pattern=TOPIC, description="Came through this topic")
    status: Status | None = Field(None, description="What became of them")
    from_: AwareDatetime | None = Field(None, alias="from", description="First seen at this time or later")
    to: AwareDatetime | None = Field(None, description="First seen before this time")


class PageFilter(Filter):
    """Which of them, and how many at once."""

    limit: int = Field(MOST_VALUES, ge=1, le=500, description=f"Most events of a page; {MOST_VALUES} with payloads")
    cursor: str | None = Field(None, max_length=500, description="`next` of the page before")
    include: Literal["value"] | None = Field(None, description="`value` adds the payloads; needs the role operator")

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.include and self.limit > MOST_VALUES:
            raise ValueError(f"a page with payloads has at most {MOST_VALUES} events")
        return self


class Cursor(NamedTuple):
    """Where a page ended: events come by first_seen, newest first, then by address."""

    first_seen: datetime
    topic: str
    epoch: int
    partition: int
    offset: int

    def encode(self) -> str:
        """As one word for a URL."""
        micros = (self.first_seen - _EPOCH) // timedelta(microseconds=1)
        return cursor.encode([micros, *self[1:]])

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read what `encode` wrote.

        Raises:
            InvalidRequest: it is something else.
        """
        try:
            micros, topic, *numbers = cursor.decode(text)
            epoch, partition, offset = map(int, numbers)
            return cls(_EPOCH + timedelta(microseconds=int(micros)), str(topic), epoch, partition, offset)
        except (ValueError, TypeError, OverflowError) as error:
            raise cursor.not_of_this() from error


class Fault(BaseModel):
    """One thing that was found wrong."""

    rule: str = Field(description="The rule, or the reason where no rule of contracts/rules is behind it")
    path: str = Field(description="Where in the payload")
    message: str = Field(description="What is expected; without values of the event")


class QuarantinedEvent(BaseModel):
    """One quarantined event."""

    topic: str = Field(description="First part of its address")
    epoch: int = Field(description="Life of the topic")
    partition: int = Field(description="Partition of the topic")
    offset: int = Field(description="Offset in the partition")
    kafka_timestamp: datetime = Field(description="The broker's clock when it took the event")
    ingested_at: datetime = Field(description="Bronze's clock")
    first_seen: datetime = Field(description="When silver first found it bad")
    event_type: str | None = Field(description="A guess: the payload's, else the header's")
    reason: str = Field(description="The first of its reasons when it was quarantined")
    rule_version: int = Field(description="Version of the rule that gave the reason")
    errors: list[Fault] = Field(description="Everything found wrong")
    status: Status = Field(description="waiting, replayed, still_bad or discarded")
    reason_now: str | None = Field(description="Why the newest replay found it still bad")
    run_id: str | None = Field(description="The run or decision that gave the status")
    decided_at: datetime | None = Field(description="When")
    value: str | None = Field(None, description="The payload in base64; only with include=value")


class Page(BaseModel):
    """Some quarantined events."""

    events: list[QuarantinedEvent] = Field(description="Newest first")
    next: str | None = Field(description="`cursor` of the next page; null on the last one")


class Group(BaseModel):
    """Events alike."""

    day: date = Field(description="Day (UTC) on which they were first seen")
    reason: str = Field(description="Why they were quarantined")
    event_type: str | None = Field(
        description="Of the contracts, `other` for any other text, null where none was found"
    )
    status: Status = Field(description="waiting, replayed, still_bad or discarded")
    events: int = Field(description="How many")


class Summary(BaseModel):
    """Everything in quarantine, counted."""

    total: int = Field(description="Events asked for")
    groups: list[Group] = Field(description="Newest day first, then by number")
