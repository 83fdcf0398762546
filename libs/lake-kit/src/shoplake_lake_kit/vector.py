"""Numbers per topic-partition: positions and counts are the same vector, and every proof is arithmetic on it.

A vector maps a topic (each of its lives apart, see topic_life) to one integer per partition. A partition it does not
name counts as 0 in all arithmetic and comparisons, yet `knows` still tells "named with 0" from "never heard of": a
partition that appears later starts at the broker's beginning, not at 0.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import starmap, zip_longest
from operator import add, sub
from typing import Self

from shoplake_lake_kit.topic_life import life_name


class PerPartition(Mapping[str, tuple[int, ...]]):
    """An immutable vector of integers, one per topic-partition.

    Args:
        values: Topic to the numbers of its partitions 0, 1, 2 …

    Two vectors of one class are equal when they agree everywhere, unnamed partitions being 0.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Sequence[int]] | None = None) -> None:
        self._values = {topic: tuple(numbers) for topic, numbers in (values or {}).items()}

    @classmethod
    def zero(cls) -> Self:
        """The vector that names nothing."""
        return cls()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ValueError: The text is no JSON object of topic to list of integers.
        """
        document = json.loads(text)
        if not isinstance(document, dict) or not all(_is_row(row) for row in document.values()):
            msg = f"not a vector of integers per topic: {text[:200]}"
            raise ValueError(msg)
        return cls(document)

    @classmethod
    def from_items(cls, items: Iterable[tuple[str, int, int]]) -> Self:
        """Build from (topic, partition, number); numbers of the same topic-partition add up."""
        rows: dict[str, list[int]] = {}
        for topic, partition, number in items:
            row = rows.setdefault(topic, [])
            row.extend([0] * (partition + 1 - len(row)))
            row[partition] += number
        return cls(rows)

    def to_json(self) -> str:
        """One compact line with sorted topics, so that equal vectors of equal shape have equal text."""
        return json.dumps(self._values, sort_keys=True, separators=(",", ":"))

    def at(self, topic: str, partition: int) -> int:
        """The number of one topic-partition, 0 if it is not named."""
        row = self._values.get(topic, ())
        return row[partition] if partition < len(row) else 0

    def knows(self, topic: str, partition: int) -> bool:
        """Whether the topic-partition is named, be it with 0."""
        return partition < len(self._values.get(topic, ()))

    def entries(self) -> Iterator[tuple[str, int, int]]:
        """Every named (topic, partition, number), by topic and partition."""
        for topic in self.topics():
            for partition, number in enumerate(self._values[topic]):
                yield topic, partition, number

    def topics(self) -> tuple[str, ...]:
        """The named topics, sorted."""
        return tuple(sorted(self._values))

    def total(self) -> int:
        """The sum over all partitions."""
        return sum(sum(row) for row in self._values.values())

    def plus(self, other: Mapping[str, tuple[int, ...]]) -> Self:
        """The sum, partition by partition."""
        if not self._values and isinstance(other, type(self)):
            return other
        return self._pointwise(other, add) if other else self

    def minus(self, other: Mapping[str, tuple[int, ...]]) -> Self:
        """The difference, partition by partition; it may be negative."""
        return self._pointwise(other, sub) if other else self

    def lowest(self, other: Mapping[str, tuple[int, ...]]) -> Self:
        """The smaller number of each partition."""
        return self._pointwise(other, min)

    def highest(self, other: Mapping[str, tuple[int, ...]]) -> Self:
        """The larger number of each partition."""
        return self._pointwise(other, max)

    def with_(self, topic: str, partition: int, number: int) -> Self:
        """A copy with one number replaced."""
        return self.plus(self.from_items([(topic, partition, number - self.at(topic, partition))]))

    def extended(self, other: Mapping[str, tuple[int, ...]]) -> Self:
        """A copy that takes the partitions it does not know from the other vector."""
        rows = dict(self._values)
        for topic, row in _rows(other).items():
            mine = rows.get(topic, ())
            if len(row) > len(mine):
                rows[topic] = mine + row[len(mine) :]
            else:
                rows.setdefault(topic, mine)
        return self._of(rows)

    def in_lives(self, epochs: Mapping[str, int]) -> Self:
        """A copy in which every plain topic is called by its present life."""
        return self._of({life_name(topic, epochs.get(topic, 0)): row for topic, row in self._values.items()})

    def covers(self, other: Mapping[str, tuple[int, ...]]) -> bool:
        """Whether no partition of the other vector is above this one."""
        return all(number >= 0 for row in self.minus(other).values() for number in row)

    def _pointwise(self, other: Mapping[str, tuple[int, ...]], combine: Callable[[int, int], int]) -> Self:
        # Planning and accounting spend their time here.
        mine, theirs = self._values, _rows(other)
        rows = {}
        for topic, row in mine.items():
            other_row = theirs.get(topic, ())
            if len(row) == len(other_row):
                rows[topic] = tuple(map(combine, row, other_row))
            else:
                rows[topic] = tuple(starmap(combine, zip_longest(row, other_row, fillvalue=0)))
        for topic, row in theirs.items():
            if topic not in mine:
                rows[topic] = tuple(combine(0, number) for number in row)
        return self._of(rows)

    @classmethod
    def _of(cls, rows: dict[str, tuple[int, ...]]) -> Self:
        """Skip the copy that the constructor makes; the rows belong to the new vector."""
        vector = cls.__new__(cls)
        vector._values = rows  # noqa: SLF001 - its own class
        return vector

    def _nonzero(self) -> frozenset[tuple[str, int, int]]:
        return frozenset(
            (topic, partition, number)
            for topic, row in self._values.items()
            for partition, number in enumerate(row)
            if number
        )

    def __getitem__(self, topic: str) -> tuple[int, ...]:
        return self._values[topic]

    def __iter__(self) -> Iterator[str]:
        return iter(self.topics())

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values == other._values or self._nonzero() == other._nonzero()

    def __hash__(self) -> int:
        return hash(self._nonzero())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.to_json()})"


class Position(PerPartition):
    """The next offset to read of every topic-partition."""

    __slots__ = ()


class Counts(PerPartition):
    """A number of events of every topic-partition."""

    __slots__ = ()


def _rows(vector: Mapping[str, tuple[int, ...]]) -> Mapping[str, tuple[int, ...]]:
    return getattr(vector, "_values", vector)


def _is_row(row: object) -> bool:
    return isinstance(row, list) and all(type(number) is int for number in row)
