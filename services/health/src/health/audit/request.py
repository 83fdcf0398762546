"""What an audit can be asked for."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

TopicName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,249}$", description="A Kafka topic.")]
YEAR = 8784


class AuditRequest(BaseModel):
    """The part of the lake to recount; all of it by default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topics: list[TopicName] | None = Field(
        None, min_length=1, max_length=100, description="Only these topics, in all their lives; all by default."
    )
    hours: int | None = Field(
        None,
        ge=1,
        le=YEAR,
        description="Only what reached the broker in the last so many hours. Totals of stamps speak of all events, so "
        "they are compared only when this is left out.",
    )
