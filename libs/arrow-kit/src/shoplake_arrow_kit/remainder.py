"""Keeps account of what is still to be read of a box, so that every event of it is taken once and none beside it."""

from collections.abc import Iterable
from functools import reduce
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
from shoplake_lake_kit.box import Box

Partition: TypeAlias = tuple[str, int]


class Remainder:
    """What is still to be read, per partition; falsy when there is nothing."""

    def __init__(self, box: Box) -> None:
        self._next: dict[Partition, int] = {(part.topic, part.partition): part.start for part in box.ranges()}
        self._end: dict[Partition, int] = {(part.topic, part.partition): part.end for part in box.ranges()}

    def __bool__(self) -> bool:
        return bool(self._next)

    def __str__(self) -> str:
        told = (f"{topic}/{number}: {at} to {self._end[topic, number]}" for (topic, number), at in self._next.items())
        return ", ".join(told)

    @property
    def offsets(self) -> int:
        """How many offsets that is; the events may be fewer."""
        return sum(self._end[key] - at for key, at in self._next.items())

    def take(self, piece: pa.Table) -> pa.Table:
        """The rows of a piece that were still to be read; what comes next is behind them.

        Args:
            piece: With topic, partition and offset; the offsets of a partition rise.
        """
        bounds = piece.group_by(["topic", "partition"]).aggregate([("offset", "min"), ("offset", "max")]).to_pylist()
        within, parts = True, []
        for bound in bounds:
            key = (bound["topic"], bound["partition"])
            at, end = self._next.get(key, 0), self._end.get(key, 0) if key in self._next else 0
            within = within and at <= bound["offset_min"] and bound["offset_max"] < end
            parts.append((key, at, end))
            if key in self._next:
                self._next[key] = max(at, bound["offset_max"] + 1)
        return piece if within else piece.filter(reduce(pc.or_, (_inside(piece, *part) for part in parts)))

    def skip(self, ends: Iterable[tuple[Partition, int]]) -> None:
        """Note that partitions hold nothing before these offsets that was not taken."""
        for key, offset in ends:
            if key in self._next:
                self._next[key] = max(self._next[key], offset)

    def reached(self) -> list[Partition]:
        """The partitions that have come to the box's end since the last question."""
        found = [key for key, at in self._next.items() if at >= self._end[key]]
        for key in found:
            del self._next[key]
        return found


def _inside(piece: pa.Table, key: Partition, start: int, end: int) -> pa.ChunkedArray:
    tests = (
        pc.equal(piece["topic"], key[0]),
        pc.equal(piece["partition"], key[1]),
        pc.greater_equal(piece["offset"], start),
        pc.less(piece["offset"], end),
    )
    return reduce(pc.and_, tests)
