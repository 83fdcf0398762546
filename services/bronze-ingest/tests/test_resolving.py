"""A gap is refused, accepted in writing and jumped over; every step of it against real tables."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from bronze_ingest.resolving import LEDGER, Inbox, ResolvingStage
from bronze_ingest.transforms.raw_events import TABLE, raw_events
from pyiceberg.catalog import Catalog
from shoplake_arrow_kit.iceberg_table import IcebergTable, Output
from shoplake_arrow_kit.records import RECORDS
from shoplake_contracts.errors import OffsetsGone, ResolutionDiffers
from shoplake_lake_kit.accounting import account
from shoplake_lake_kit.batch import Frames
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.catalog import open_writable
from shoplake_lake_kit.faults import Gap
from shoplake_lake_kit.ports import Role, Source
from shoplake_lake_kit.reader import load_table, scan_arrow
from shoplake_lake_kit.resolution import Resolution
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stage import Limits
from shoplake_lake_kit.stage_job import new_attempt
from shoplake_lake_kit.table_creation import ensure_tables
from shoplake_lake_kit.vector import Position

NOW = datetime(2025, 3, 4, 12, tzinfo=UTC)
GAP = Resolution(frozenset({Gap("purchases", 0, 5, 8)}), accepted_by="ann", explanation="retention")


class Broker:
    """One topic of one partition that may lose its head or be made anew."""

    def __init__(self) -> None:
        self.now = Source("c1", {"purchases": "id1"}, None, Position({"purchases": [0]}), Position({"purchases": [5]}))

    def source(self) -> Source:
        return self.now

    def change(self, beginning: int, end: int, topic_id: str = "id1") -> None:
        at = {"beginning": Position({"purchases": [beginning]}), "end": Position({"purchases": [end]})}
        self.now = replace(self.now, topic_ids={"purchases": topic_id}, **at)


class Rig:
    """Bronze over real tables and a broker that does what the test says."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.broker = Broker()
        self.inbox = Inbox()
        self.table = IcebergTable(catalog, TABLE, role=Role.OUT, group="main")

    def stage(self) -> ResolvingStage:
        return ResolvingStage(
            name="bronze",
            group="main",
            writer=new_attempt(),
            broker=self.broker,
            tables=[self.table],
            ledgers=[IcebergTable(self.catalog, LEDGER, role=Role.DERIVED, group="main")],
            work=self._read,
            limits=Limits(),
            announce=lambda _: None,
            clock=lambda: NOW,
            new_attempt=new_attempt,
            catalog=self.catalog,
            inbox=self.inbox,
        )

    def losses(self) -> list[tuple[Any, ...]]:
        columns = ("topic", "epoch", "partition", "from_offset", "to_offset", "accepted_by", "explanation")
        rows = scan_arrow(load_table(self.catalog, LEDGER), columns).to_pylist()
        return [tuple(row[name] for name in columns) for row in rows]

    def addresses(self) -> list[tuple[int, int]]:
        rows = scan_arrow(load_table(self.catalog, TABLE), ["epoch", "offset"]).to_pylist()
        return sorted((row["epoch"], row["offset"]) for row in rows)

    def unaccounted(self) -> int:
        stamp = self.table.newest_stamp()
        assert stamp is not None
        return account(self.broker.now.end.in_lives(stamp.epochs), stamp, {}).total.unaccounted

    def _read(self, box: Box, _pending: Sequence[str], _attempt: str) -> Frames[Output]:
        return Frames({TABLE: Output([self._records(box)])})

    def _records(self, box: Box) -> pa.Table:
        rows = [
            (part.topic, part.epoch, part.partition, offset, NOW, None, b"{}", None)
            for part in box.ranges()
            for offset in range(part.start, part.end)
        ]
        dicts = [dict(zip(RECORDS.names, row, strict=True)) for row in rows]
        return raw_events(pa.Table.from_pylist(dicts, schema=RECORDS), NOW)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    lake = LakeSettings(catalog_uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=f"file://{tmp_path}/warehouse")
    catalog = open_writable(lake)
    ensure_tables(catalog, [TABLE, LEDGER])
    yield Rig(catalog)
    catalog.close()


def test_a_gap_is_refused_until_it_is_accepted_exactly(rig: Rig) -> None:
    stage = rig.stage()
    stage.step()
    rig.broker.change(beginning=8, end=10)
    with pytest.raises(OffsetsGone, match="offsets 5-8 are gone, 3 events") as refused:
        stage.step()
    assert refused.value.facts["gaps"] == [{"topic": "purchases", "epoch": 0, "partition": 0, "from": 5, "to": 8}]

    rig.inbox.put(replace(GAP, gaps=frozenset({Gap("purchases", 0, 5, 7)})))
    with pytest.raises(ResolutionDiffers):
        stage.step()
    assert rig.losses() == []

    rig.inbox.put(GAP)
    assert stage.step()
    assert stage.step()
    assert rig.losses() == [("purchases", 0, 0, 5, 8, "ann", "retention")]
    assert rig.addresses() == [(0, offset) for offset in (0, 1, 2, 3, 4, 8, 9)]
    assert rig.unaccounted() == 0


def test_a_recreated_topic_gets_addresses_of_its_own(rig: Rig) -> None:
    stage = rig.stage()
    stage.step()
    rig.broker.change(beginning=0, end=2, topic_id="id2")
    rig.inbox.put(Resolution(topics={"purchases": "id2"}, accepted_by="ann", explanation="on purpose"))
    assert stage.step()
    assert stage.step()
    assert rig.addresses() == [*((0, offset) for offset in range(5)), (1, 0), (1, 1)]
    assert rig.losses() == [("purchases", 0, 0, 5, None, "ann", "on purpose")]
    assert rig.unaccounted() == 0


@pytest.mark.parametrize("point", ["bronze.before_resolve", "bronze.after_resolve_ledger", "bronze.after_publish"])
def test_a_death_in_the_middle_loses_no_word_and_doubles_none(
    rig: Rig, dying_at: Callable[[str, Callable[[], object]], None], point: str
) -> None:
    rig.stage().step()
    rig.broker.change(beginning=8, end=10)
    rig.inbox.put(GAP)
    dying_at(point, rig.stage().step)

    rig.inbox.put(GAP)
    stage = rig.stage()
    assert stage.step()
    assert stage.step()
    assert rig.losses() == [("purchases", 0, 0, 5, 8, "ann", "retention")]
    assert rig.unaccounted() == 0
