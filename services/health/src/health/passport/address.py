"""Where an event is for life, as a caller names it and as tables are asked for it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pyiceberg.expressions import BooleanExpression
from shoplake_lake_kit.topic_life import life_name
from shoplake_lake_kit.vector import PerPartition

from health.filters import all_equal

COLUMNS = ("topic", "epoch", "partition", "offset")
_INT, _BIGINT = 2**31 - 1, 2**63 - 2


class Address(BaseModel):
    """(topic, epoch, partition, offset)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: str = Field(pattern=r"^[A-Za-z0-9._-]{1,249}$", description="Kafka topic the event came through.")
    partition: int = Field(ge=0, le=_INT, description="Its partition.")
    offset: int = Field(ge=0, le=_BIGINT, description="Its offset in the partition.")
    epoch: int = Field(0, ge=0, le=_INT, description="Life of the topic; 0 until a recreated topic was accepted.")

    def __str__(self) -> str:
        """As in messages: `purchases/0 offset 17`."""
        return f"{self.life}/{self.partition} offset {self.offset}"

    @property
    def life(self) -> str:
        """The key of its topic's life in a vector."""
        return life_name(self.topic, self.epoch)

    def below(self, position: PerPartition) -> bool:
        """Whether a position has passed it."""
        return self.offset < position.at(self.life, self.partition)

    def filter(self) -> BooleanExpression:
        """Its rows, pruned by partition values and file statistics."""
        return all_equal({name: getattr(self, name) for name in COLUMNS})


def address_of(row: dict[str, Any]) -> Address:
    """The address in a row's address columns."""
    return Address(**{name: row[name] for name in COLUMNS})
