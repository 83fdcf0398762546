"""Lets a person accept what the broker lost: taken in over HTTP, carried out by the stage between two boxes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import and_
from queue import Empty, SimpleQueue
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from shoplake_contracts import tables
from shoplake_lake_kit.resolution import Loss, Resolution
from shoplake_lake_kit.stage import Stage
from shoplake_spark_kit.iceberg_table import Output

LEDGER = "ops.data_loss"
KEY = ("topic", "epoch", "partition", "from_offset", "to_offset")


class Inbox:
    """The resolution that waits for the stage, if there is one; filled by a route, emptied by the worker."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Resolution] = SimpleQueue()

    def put(self, resolution: Resolution) -> None:
        """Leave a resolution for the next step."""
        self._waiting.put(resolution)

    def take(self) -> Resolution | None:
        """The oldest waiting resolution; it is not kept, so one that differs is refused once."""
        try:
            return self._waiting.get_nowait()
        except Empty:
            return None


@dataclass(kw_only=True)
class ResolvingStage(Stage[Output]):
    """Bronze's stage; a waiting resolution comes before the next box."""

    spark: SparkSession
    inbox: Inbox = field(default_factory=Inbox)

    def step(self) -> bool:
        """Carry out the waiting resolution, or read and publish the next box.

        Raises:
            ResolutionDiffers: the resolution does not name exactly what is wrong; nothing was written.
        """
        resolution = self.inbox.take()
        if resolution is None:
            return super().step()
        self.resolve(resolution, lambda losses: Output(self._rows(losses, resolution)))
        return True

    def _rows(self, losses: Sequence[Loss], resolution: Resolution) -> DataFrame:
        known = self.spark.table(f"iceberg.{LEDGER}").select(*KEY)
        lost = loss_rows(self.spark, losses, resolution, self.clock())
        # The end is NULL where nobody knows it; the same gap, grown meanwhile, is another row.
        same = reduce(and_, (lost[name].eqNullSafe(known[name]) for name in KEY))
        return lost.join(known, same, "left_anti")


def loss_rows(spark: SparkSession, losses: Sequence[Loss], resolution: Resolution, at: datetime) -> DataFrame:
    """The rows of ops.data_loss for what was given up, with the columns of the contract."""
    columns = tables.load()[LEDGER].columns
    schema = ", ".join(f"`{column.name}` {column.type}" for column in columns)
    return spark.createDataFrame([_row(loss, resolution, at) for loss in losses], schema)


def _row(loss: Loss, resolution: Resolution, at: datetime) -> tuple[Any, ...]:
    address = (loss.topic, loss.epoch, loss.partition, loss.start, loss.end)
    return (*address, resolution.accepted_by, resolution.explanation, at)
