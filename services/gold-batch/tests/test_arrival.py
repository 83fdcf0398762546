"""Whatever the order in which events arrive, and however many days that takes, gold ends up the same to the byte."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from gold_batch.affected import added
from gold_batch.changed_days import days_to_rebuild
from gold_batch.frames import BASES, CUSTOMERS, frames
from gold_batch.gold_tables import GOLD_TABLES, GoldTable
from gold_batch.quality.homes import HOMES
from gold_batch.terms import Terms
from parity.shop import DAYS, shop
from pyspark.sql import DataFrame, SparkSession
from shoplake_contracts import tables
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.stage_tables import SILVER
from shoplake_lake_kit.touched import Touched, by_day
from shoplake_lake_kit.vector import Position
from shoplake_spark_kit.planning import COMPILED_FROM, compile_for

pytestmark = pytest.mark.spark
# The report is about arrival itself.
TABLES = [table for table in GOLD_TABLES if not table.is_by_arrival]
SPAN = 10_000
TOPIC = "purchases"
Rows = dict[str, pa.Table]
Build = Callable[[Iterable[Mapping[str, Any]]], Rows]


@pytest.fixture(scope="module")
def silver(rows: Build, spark: SparkSession) -> Iterable[Rows]:
    compile_for(spark, 1)
    yield rows(shop(Random(20250302)))
    compile_for(spark, COMPILED_FROM)


def test_a_shuffled_arrival_over_several_boxes_gives_the_same_gold(
    silver: Rows, session: SparkSession, terms: Terms
) -> None:
    nothing = {name: silver[name] for name in BASES}
    whole = Gold(session, terms, nothing)
    whole.takes(arrived(silver, Random(1), {}), 1)
    pieces = Gold(session, terms, nothing)
    shuffled = arrived(silver, Random(2), {DAYS[5]: 2, DAYS[6]: 2, DAYS[2]: 3})
    for box in (1, 2, 3):
        pieces.takes(shuffled, box)
    for table in TABLES:
        assert pieces.rows(table.name) == whole.rows(table.name), table.name
    first, second, third = pieces.rebuilt
    assert third > second > 0
    assert third < first


def arrived(silver: Rows, random: Random, late: Mapping[date, int]) -> Rows:
    """The rows in another order and with other addresses: partition 0 of one topic, ten thousand offsets for each box.

    Args:
        silver: as it was.
        random: decides everything.
        late: day → the box in which a third of its events arrive; all others are in box 1.
    """
    return {name: _arrived(table, random, late) if name in HOMES else table for name, table in silver.items()}


def _arrived(table: pa.Table, random: Random, late: Mapping[date, int]) -> pa.Table:
    table = table.take(pa.array(random.sample(range(table.num_rows), table.num_rows), pa.int64()))
    clock = table["timestamp"].to_pylist()
    boxes = [late.get(at.date(), 1) if random.randrange(3) == 0 else 1 for at in clock]
    offsets = [SPAN * (box - 1) + number for number, box in enumerate(boxes)]
    nought = [0] * len(boxes)
    values = {"topic": [TOPIC] * len(boxes), "partition": nought, "epoch": nought, "offset": offsets}
    for name, value in values.items():
        at = table.schema.get_field_index(name)
        table = table.set_column(at, table.schema.field(at), pa.array(value, table.schema.field(at).type))
    return table


@dataclass
class Gold:
    """Gold's tables as a service publishes them: box by box, the changed days of each."""

    session: SparkSession
    terms: Terms
    published: Rows
    known: set[date] = field(default_factory=set)
    rebuilt: list[int] = field(default_factory=list)

    def takes(self, silver: Rows, box: int) -> None:
        """Compute and publish what a box of silver has changed."""
        inputs = {
            name: self.session.createDataFrame(until(table, box) if name in HOMES else table)
            for name, table in silver.items()
        }
        inputs |= {name: self.session.createDataFrame(table) for name, table in self.published.items()}
        of_box = Box(Position({TOPIC: (SPAN * (box - 1),)}), Position({TOPIC: (SPAN * box,)}))
        changed = added(inputs, of_box, {}, self.terms)
        # What stamps would tell of the same rows is the same, and no row is asked.
        told = {name: touched(table, box) if name in HOMES else Touched() for name, table in silver.items()}
        assert added(dict.fromkeys(inputs), of_box, {name: told[name] for name in SILVER}, self.terms) == changed
        self.known |= {day for name in HOMES for day in changed[name]}
        asked = {table: table.periods(days_to_rebuild(changed, table.reach, self.known)) for table in TABLES}
        self.rebuilt.append(sum(map(len, asked.values())))
        batch = frames(inputs, asked, replace(self.terms, eve=self._eve(asked)))
        made = {table: batch.frames[table.name].rows for table in TABLES}
        for table, frame in made.items():
            self.publish(table, asked[table], frame)
        batch.close()

    def publish(self, table: GoldTable, days: tuple[date, ...], frame: DataFrame | None) -> None:
        """Overwrite the given days."""
        assert frame is not None
        fresh = frame.toArrow()
        before = self.published.get(table.name, fresh.slice(0, 0))
        kept = before.filter(pc.invert(pc.is_in(before["partition_date"], pa.array(days, pa.date32()))))
        self.published = {**self.published, table.name: pa.concat_tables([kept, fresh.cast(before.schema)])}

    def rows(self, name: str) -> list[dict[str, Any]]:
        """A table by its key."""
        key = [(column, "ascending") for column in tables.load()[name].key]
        return self.published[name].sort_by(key).to_pylist()

    def _eve(self, asked: Mapping[GoldTable, tuple[date, ...]]) -> date | None:
        first = next(days for table, days in asked.items() if table.name == CUSTOMERS)[0]
        have = self.published[CUSTOMERS]["partition_date"].to_pylist()
        return max((day for day in have if day < first), default=None)


def touched(table: pa.Table, box: int) -> Touched:
    """When the events of a box happened and arrived."""
    of_box = table.filter(pc.equal(pc.divide(table["offset"], SPAN), box - 1))
    clocks = (of_box[name].cast(pa.int64()).to_pylist() for name in ("timestamp", "ingested_at"))
    return Touched(*(by_day((at // 1_000_000, at // 1_000_000) for at in clock) for clock in clocks))


def until(table: pa.Table, box: int) -> pa.Table:
    """What has arrived by the end of a box."""
    return table.filter(pc.less(table["offset"], SPAN * box))
