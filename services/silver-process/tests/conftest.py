"""A silver stage over real tables: bronze is filled by hand, everything behind it is what runs in production."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from pyspark.sql import Row, SparkSession
from shoplake_lake_kit import reader
from shoplake_lake_kit.accounting import Accounting, account
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.publication import Publication
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stage import Limits, Stage
from shoplake_lake_kit.stage_job import new_attempt, utc_now
from shoplake_lake_kit.stage_tables import SILVER
from shoplake_lake_kit.stamp import Stamp, next_stamp
from shoplake_lake_kit.table_creation import make_tables
from shoplake_lake_kit.vector import Counts, Position
from shoplake_service_kit.runs import Run
from shoplake_spark_kit.iceberg_table import IcebergTable, Output
from shoplake_spark_kit.upstream import SharedUpstream
from silver_process.backfill import Backfill
from silver_process.class_archive import COLUMNS
from silver_process.outcomes import OUTCOMES
from silver_process.quarantine_models import Filter, PageFilter
from silver_process.quarantine_view import QuarantineView
from silver_process.replay import Replay
from silver_process.wishes import BackfillRequest, ReplayRequest
from silver_process.work import SilverWork

RAW = "bronze.raw_events"
TABLES = [RAW, *SILVER, OUTCOMES]
ARRIVAL = datetime(2025, 3, 4, 12, tzinfo=UTC)
LENIENT = date(1990, 1, 1)


@dataclass
class Shop:
    """Bronze and silver of one test.

    Attributes:
        oldest: the rule `too_old`: what a test tightens and mends.
        published: what was announced.
    """

    spark: SparkSession
    lake: LakeSettings
    oldest: date = LENIENT
    published: list[Publication] = field(default_factory=list)
    _ends: dict[str, int] = field(default_factory=dict)

    @staticmethod
    def purchase(id_: str, day: str) -> dict[str, Any]:
        item = {"product_id": "P-1", "quantity": 2, "unit_price": 5, "total_price": 10}
        event = {"event_type": "purchase", "order_id": id_, "items": [item], "total_amount": 10, "currency": "EUR"}
        return {"event_id": id_, "timestamp": f"{day}T10:00:00Z", "user_id": "u-1", **event}

    @staticmethod
    def page_view(id_: str, day: str) -> dict[str, Any]:
        event = {"event_id": id_, "event_type": "page_view", "page_type": "home", "anonymous_id": "a-1"}
        return {**event, "timestamp": f"{day}T11:00:00Z"}

    def ingest(self, topic: str, *payloads: Mapping[str, Any] | str) -> None:
        """Append events to bronze as bronze-ingest does, with a stamp."""
        table = IcebergTable(self.spark, RAW, role=Role.OUT, group="main")
        start = self._ends.get(topic, 0)
        rows = [self._row(topic, start + number, payload) for number, payload in enumerate(payloads)]
        staged = table.stage(Output(self.spark.createDataFrame(rows, COLUMNS)), new_attempt())
        self._ends[topic] = start + len(payloads)
        batch = Stamp(
            stage="bronze", group="main", writer="bronze", cluster="c", epochs={}, topic_ids={}, attempt=staged.attempt,
            position=self.end(), origin=Position(dict.fromkeys(self._ends, (0,))), read=staged.counts,
            out=staged.counts, **staged.clocks(),
        )  # fmt: skip
        newest = table.newest_stamp()
        table.publish(staged, next_stamp(newest, batch, Counts()), newest)

    def end(self) -> Position:
        return Position({topic: (number,) for topic, number in self._ends.items()})

    def stage(self) -> Stage[Output]:
        """A new process's stage."""

        def table(name: str, role: Role) -> IcebergTable:
            return IcebergTable(self.spark, name, role=role, group="main")

        bronze = SharedUpstream(self.spark, [RAW], ["main"])
        return Stage(
            name="silver",
            group="main",
            writer=f"silver-{uuid4().hex}",
            broker=bronze,
            tables=[table(name, role) for name, role in SILVER.items()],
            ledgers=[table(OUTCOMES, Role.DERIVED)],
            work=SilverWork(self.spark, bronze, {"oldest_event": self.oldest}),
            limits=Limits(),
            announce=self.published.append,
            new_attempt=new_attempt,
        )

    def replay(self, stage: Stage[Output] | None = None, **wish: Any) -> dict[str, Any]:
        run = Run(ReplayRequest.model_validate(wish))
        look = Replay(self.spark, {"oldest_event": self.oldest}, utc_now)(stage or self.stage(), run)
        return look.result(dry_run=run.request.dry_run)

    def backfill(self, first: str, last: str) -> dict[str, Any]:
        run = Run(BackfillRequest.model_validate({"from": first, "to": last}))
        return self.backfiller()(self.stage(), run)

    def backfiller(self) -> Backfill:
        return Backfill(self.spark, {"oldest_event": self.oldest}, utc_now)

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """All rows, or some columns of them, sorted."""
        found = self.spark.table(f"iceberg.{table}")
        return sorted(_plain(row) for row in (found.select(*columns) if columns else found).collect())

    def ids(self, table: str) -> list[str]:
        return [id_ for (id_,) in self.rows(table, "event_id")]

    def snapshots(self) -> dict[str, int]:
        """How often each table was published to."""
        return {name: self.spark.sql(f"SELECT 1 FROM iceberg.{name}.snapshots").count() for name in TABLES}

    def quarantined(self) -> list[tuple[str, int, str, str | None]]:
        """Topic, offset, status and the reason of now, as the service tells."""
        page = QuarantineView(self.lake).page(PageFilter())
        return sorted((event.topic, event.offset, event.status.value, event.reason_now) for event in page.events)

    def summary(self) -> dict[tuple[str, str], int]:
        counted: Counter[tuple[str, str]] = Counter()
        for group in QuarantineView(self.lake).summary(Filter.model_validate({})).groups:
            counted[group.reason, group.status.value] += group.events
        return counted

    def roll_back(self, table: str) -> None:
        """Take the table's newest publish back."""
        parent = self.spark.sql(f"SELECT parent_id FROM iceberg.{table}.snapshots ORDER BY committed_at DESC").first()
        assert parent is not None
        self.spark.sql(f"CALL iceberg.system.rollback_to_snapshot('{table}', {parent[0]})").collect()

    def accounting(self) -> Accounting:
        """The equation from the tables' stamps, as health reads them."""
        with reader.open_catalog(self.lake) as catalog:
            stamps = {name: [stamp for _, stamp in reader.stamps(reader.load_table(catalog, name))] for name in TABLES}
        return account(self.end(), stamps[RAW][0], {name: stamps[name] for name in SILVER})

    def balanced(self) -> tuple[int, int, int, int]:
        """Silver, quarantined, duplicates, in flight; everything is accounted for."""
        total = self.accounting().total
        assert total.unaccounted == 0
        return total.silver, total.quarantined, total.duplicates, total.in_flight

    def _row(self, topic: str, offset: int, payload: Mapping[str, Any] | str) -> tuple[Any, ...]:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        type_ = None if isinstance(payload, str) else payload["event_type"]
        return (topic, 0, 0, offset, ARRIVAL, None, None, [], None, type_, None, text, ARRIVAL)


def _plain(row: Row | Iterable[Any]) -> tuple[Any, ...]:
    return tuple(str(value) for value in row)


@pytest.fixture
def shop(session: SparkSession, lake: LakeSettings) -> Iterator[Shop]:
    make_tables(lake, TABLES)
    yield Shop(session, lake)
    for name in TABLES:
        session.sql(f"DROP TABLE iceberg.{name} PURGE")


class Killed(BaseException):
    """Stands for a process that died: nothing handles it."""


@pytest.fixture
def dying_at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run something that dies the n-th time a crash point is reached."""

    def run(point: str, times: int, do: Callable[[], object]) -> None:
        left = times

        def die(name: str) -> None:
            nonlocal left
            left -= name == point
            if left == 0:
                raise Killed

        with monkeypatch.context() as patched, suppress(Killed):
            patched.setattr("shoplake_lake_kit.stage.crash_point", die)
            do()
            raise AssertionError(f"{point} was not reached {times} times")

    return run
