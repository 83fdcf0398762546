"""Lets a person accept what the broker lost: taken in over HTTP, carried out by the stage between two boxes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog
from shoplake_arrow_kit.iceberg_table import Output
from shoplake_contracts import tables
from shoplake_lake_kit.reader import load_table, scan_arrow
from shoplake_lake_kit.resolution import Loss, Resolution
from shoplake_lake_kit.stage import Stage
from shoplake_lake_kit.table_schema import arrow_schema

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

    catalog: Catalog
    inbox: Inbox = field(default_factory=Inbox)

    def step(self) -> bool:
        """Carry out the waiting resolution, or read and publish the next box.

        Raises:
            ResolutionDiffers: the resolution does not name exactly what is wrong; nothing was written.
        """
        resolution = self.inbox.take()
        if resolution is None:
            return super().step()
        self.resolve(resolution, lambda losses: Output([self._rows(losses, resolution)]))
        return True

    def _rows(self, losses: Sequence[Loss], resolution: Resolution) -> pa.Table:
        known = {tuple(row.values()) for row in scan_arrow(load_table(self.catalog, LEDGER), KEY).to_pylist()}
        # The end is NULL where nobody knows it; the same gap, grown meanwhile, is another row.
        new = [loss for loss in losses if _address(loss) not in known]
        return loss_rows(new, resolution, self.clock())


def loss_rows(losses: Sequence[Loss], resolution: Resolution, at: datetime) -> pa.Table:
    """The rows of ops.data_loss for what was given up, with the columns of the contract."""
    schema = arrow_schema(tables.load()[LEDGER])
    rows = [(*_address(loss), resolution.accepted_by, resolution.explanation, at) for loss in losses]
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def _address(loss: Loss) -> tuple[Any, ...]:
    return (loss.topic, loss.epoch, loss.partition, loss.start, loss.end)
